import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { create } from "@bufbuild/protobuf";
import { afterAll, beforeAll, expect, it } from "vitest";
import { BuildResultSchema } from "../../gen/slipway/build/v1/build_result_pb.js";
import { BuildSpecSchema } from "../../gen/slipway/build/v1/build_spec_pb.js";
import { BuildState } from "../../gen/slipway/v1/build_event_pb.js";
import { BuildSchema } from "../../gen/slipway/v1/build_pb.js";
import { keptLog } from "../base/kept-log.test-helper.js";
import { limitsWith } from "../quotas/limits.js";
import { Store } from "../store/store.js";
import type { Execution } from "./execution.js";
import type { Inputs } from "./inputs/inputs.js";
import type { Layouts } from "./layouts.js";
import { RunningBuild, type RunningBuildOptions } from "./running-build.js";
import { UnstoredEnds } from "./unstored-ends.js";

let folder: string;
let store: Store;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "slipway-running-"));
  store = new Store(folder);
});
afterAll(async () => {
  await store.close();
  await rm(folder, { recursive: true });
});

const parts = ["inputs", "layouts", "execution"];
const combinations = Array.from({ length: 2 ** parts.length }, (_, bits) =>
  parts.filter((_part, at) => bits & (1 << at)),
);
const cases = combinations.flatMap((broken) =>
  (["succeeds", "is cancelled"] as const).map((how) => ({ how, broken })),
);

it.each(cases)("a build that $how ends once when $broken cannot be closed", async ({ how, broken }) => {
  const closed: string[] = [];
  const close = (part: string) => {
    closed.push(part);
    if (broken.includes(part)) throw new Error(`${part} cannot be closed`);
  };
  const execution: Execution = {
    prepare: async () => {},
    rest: async () => {},
    run: async (_onStart, signal) => {
      signal.throwIfAborted();
      return create(BuildResultSchema);
    },
    close: async () => close("execution"),
  };
  const id = `${how} ${broken.join("+")}`;
  const build = create(BuildSchema, { id, state: BuildState.PENDING, owner: "local" });
  await store.builds.add(build, undefined);
  const { log, lines } = keptLog();
  const running = new RunningBuild({
    build,
    spec: create(BuildSpecSchema),
    inputs: { release: () => close("inputs") } as Inputs,
    layouts: { close: async () => close("layouts") } as unknown as Layouts,
    configs: [],
    credentials: [],
    warnings: [],
    store,
    log,
    limits: limitsWith(),
    timeLimits: { queueMs: 60_000, runMs: 60_000 },
    execute: () => execution,
  } as unknown as RunningBuildOptions);
  const ends = new UnstoredEnds(log);
  if (how === "is cancelled") running.cancel();
  await running.run({ onClosed: () => {}, onEnded: () => ends.add(running) });
  await running.done;

  expect(closed).toEqual(parts);
  const state = how === "succeeds" ? BuildState.SUCCEEDED : BuildState.CANCELED;
  expect(store.builds.get(id)?.state).toBe(state);
  const events: (string | undefined)[] = [];
  for await (const { event } of running.events.watch(1, new AbortController().signal))
    events.push(event.case);
  expect(events).toEqual(["accepted", "finished"]);
  expect(lines.length).toBe(broken.length > 0 ? 1 : 0);
});
