import { mkdir, symlink } from "node:fs/promises";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { pidsOf, tempDir, until } from "../lab/index.js";

/** What the first lines of the program need. */
const needed = ["sh", "readlink"];

/**
 * Variables of a user who has an own home folder and, in the PATH, only what the first lines of the program need and the
 * given programs: neither Node.js nor `slipway`. The user's hosts end with the test.
 */
export async function bareUser(...programs: string[]) {
  const home = await tempDir();
  const [bin, runtimeDir] = [join(home, "bin"), join(home, "run")];
  await mkdir(bin);
  await mkdir(runtimeDir, { mode: 0o700 });
  for (const name of [...needed, ...programs])
    await symlink(join(process.env.PATH!.split(":").at(-1)!, name), join(bin, name));
  onTestFinished(async () => {
    for (const pid of await pidsOf("serve", runtimeDir)) process.kill(pid);
    await until("the hosts to end", async () => (await pidsOf("serve", runtimeDir)).length === 0);
  });
  return { PATH: bin, HOME: home, XDG_RUNTIME_DIR: runtimeDir };
}
