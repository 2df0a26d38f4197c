import { inject, onTestFinished } from "vitest";
import type { BackendName, LabRecord } from "./record.js";
import { destroyState, makeState } from "./state.js";

export { type Buildkitd, type RunningBuildkitd, startBuildkitd } from "./buildkitd.js";
export { type Engine, type EngineLine, type RunningEngine, startEngine } from "./engine.js";
export { engineApi } from "./engine-api.js";
export { type Kubernetes, type RunningKubernetes, startKubernetes } from "./kubernetes/cluster.js";
export { loadBuilderImage } from "./load-builder-image.js";
export { type Machine, startMachine } from "./machine.js";
export { pauseProcess } from "./pause-process.js";
export { freePort } from "./port.js";
export { type Postgres, postgresPassword, startPostgres } from "./postgres.js";
export { pidsOf } from "./processes.js";
export { baseImageName } from "./recipes/base-image.js";
export { builderImageName } from "./recipes/builder-image.js";
export type { LabRecord } from "./record.js";
export { type Registry, type RunningRegistry, startRegistry } from "./registry.js";
export { must, run } from "./run.js";
export { startSshAgent } from "./ssh-agent.js";
export { makeTestTls, type TestTls } from "./tls.js";
export { until } from "./wait.js";

/** The running lab. Access to a backend that `SLIPWAY_LAB` leaves out throws. */
export function lab(): Required<LabRecord> {
  const record = inject("lab");
  const has = (name: string): name is BackendName => record[name as BackendName] !== undefined;
  return new Proxy(record as Required<LabRecord>, {
    get(target, name: string) {
      if (has(name)) return target[name];
      throw new Error(`this lab has no "${name}": SLIPWAY_LAB or SLIPWAY_LAB_JSON leaves it out`);
    },
  });
}

/**
 * A new temporary folder (mode 0700, short path), removed at the end of the test. Call it in a test or in `beforeEach`.
 * If the test's process is killed, the next lab removes the folder.
 */
export async function tempDir(): Promise<string> {
  const folder = await makeState("temp");
  onTestFinished(() => destroyState(folder));
  return folder;
}
