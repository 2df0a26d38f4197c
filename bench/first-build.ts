import { mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { pidsOf } from "../test/lab/processes.js";
import { until } from "../test/lab/wait.js";
import type { ProcessCost } from "./measure.js";
import { childrenOf, memoryOf } from "./resident.js";

/**
 * Measures a command with the environment of a user who has no host and no state, in a new folder below `folder`. Stops
 * the host that was started, and removes the folder.
 */
export async function withoutHost(
  folder: string,
  environment: NodeJS.ProcessEnv,
  measure: (environment: NodeJS.ProcessEnv) => Promise<ProcessCost>,
): Promise<ProcessCost> {
  const home = await mkdtemp(join(folder, "home-"));
  const { SLIPWAY_HOST: _, ...others } = environment;
  try {
    const cost = await measure({ ...others, HOME: home, XDG_RUNTIME_DIR: home });
    const [host] = await pidsOf("serve", home);
    return { ...cost, serverBytes: await memoryOf([host!, ...(await childrenOf(host!))]) };
  } finally {
    for (const pid of await pidsOf("serve", home)) process.kill(pid);
    await until("the host to end", async () => (await pidsOf("serve", home)).length === 0);
    await rm(home, { recursive: true });
  }
}
