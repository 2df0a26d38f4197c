import { readFile, symlink } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { hostNodeFlags } from "../../src/util/host-node-flags.js";
import { must, pidsOf, tempDir, until } from "../lab/index.js";
import { cli } from "./host.js";

/** The arguments of the Node.js that runs the host on a socket. Stops the host. */
async function nodeOf(socket: string): Promise<string[]> {
  // Without the shell that becomes Node.js.
  const pid = await until("the host", async () => (await pidsOf("node ", "serve", socket))[0]);
  const line = await readFile(`/proc/${pid}/cmdline`, "utf8");
  process.kill(pid);
  return line.split("\0").slice(1);
}

it.each([
  ["the CLI", "slipway"],
  ["the CLI without its first lines", process.execPath],
])("a host that is started by %s has its flags", async (_, program) => {
  const bin = await tempDir();
  await symlink(cli, join(bin, "slipway"));
  const socket = join(await tempDir(), "run", "slipway.sock");
  const env = {
    ...process.env,
    HOME: bin,
    PATH: `${bin}:${process.env.PATH}`,
    SLIPWAY_HOST: `unix://${socket}`,
  };
  await must(program, program === "slipway" ? ["plugins", "ls"] : [cli, "plugins", "ls"], { env });
  expect((await nodeOf(socket)).slice(0, hostNodeFlags.length)).toEqual(hostNodeFlags);
});

it("a host that a user or a client in any language starts has its flags", async () => {
  const bin = await tempDir();
  await symlink(cli, join(bin, "slipway"));
  const socket = join(await tempDir(), "slipway.sock");
  const env = { ...process.env, HOME: bin };
  const started = must(join(bin, "slipway"), ["serve", "--socket", socket], { env });
  expect((await nodeOf(socket)).slice(0, hostNodeFlags.length)).toEqual(hostNodeFlags);
  await Promise.allSettled([started]);
});
