import { mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { pidsOf } from "../test/lab/processes.js";
import { until } from "../test/lab/wait.js";

/**
 * Runs something with the environment of a user who has no host and no state, in a new folder below `folder`. Stops the
 * host that was started, and removes the folder.
 */
export async function withoutHost<T>(
  folder: string,
  environment: NodeJS.ProcessEnv,
  action: (environment: NodeJS.ProcessEnv) => Promise<T>,
): Promise<T> {
  const home = await mkdtemp(join(folder, "home-"));
  const { SLIPWAY_HOST: _, ...others } = environment;
  try {
    return await action({ ...others, HOME: home, XDG_RUNTIME_DIR: home });
  } finally {
    for (const pid of await pidsOf("serve", home)) process.kill(pid);
    await until("the host to end", async () => (await pidsOf("serve", home)).length === 0);
    await rm(home, { recursive: true });
  }
}
