import { readFile, realpath } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { openAgent } from "../../src/buildkit/ssh/open-agent.js";
import { ssh } from "../../src/buildkit/ssh/ssh.js";
import { must, startSshAgent, tempDir } from "../lab/index.js";
import { programPath } from "../lab/path.js";
import { backends, runStep, solve } from "./solve.js";

/** ssh-add and its libraries under their own paths: the client of the agent in the step. */
async function sshAdd(): Promise<Record<string, Buffer>> {
  const program = await realpath(programPath("ssh-add"));
  const libraries = (await must("ldd", [program])).stdout.match(/\/\S+/g) ?? [];
  const paths = [program, ...libraries];
  return Object.fromEntries(
    await Promise.all(paths.map(async (path) => [`root${path}`, await readFile(path)])),
  );
}

async function makeKey(folder: string, name: string): Promise<{ path: string; fingerprint: string }> {
  const path = join(folder, name);
  await must("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", name, "-f", path]);
  const { stdout } = await must("ssh-keygen", ["-lf", path]);
  return { path, fingerprint: stdout.split(" ")[1]! };
}

describe.each(backends)("$name", ({ connect, base }) => {
  async function build(run: string, agents: Map<string, Awaited<ReturnType<typeof openAgent>>>, files = {}) {
    const dockerfile = `FROM ${base()} AS client\nCOPY root/ /\n${runStep("client", run)}`;
    return solve(connect(), { dockerfile, files: { ...(await sshAdd()), ...files }, methods: ssh(agents) });
  }

  test("lets a step use the keys of an agent, but not change the agent", async () => {
    const folder = await tempDir();
    const key = await makeKey(folder, "in-agent");
    const socket = await startSshAgent(folder, key.path);
    const agents = new Map([["default", await openAgent("default", { kind: "paths", paths: [socket] })]]);

    const run =
      "--mount=type=ssh /usr/bin/ssh-add -l && /usr/bin/ssh-add -T /key.pub && echo signed; /usr/bin/ssh-add -D || echo refused";
    const { error, log } = await build(run, agents, { "root/key.pub": await readFile(`${key.path}.pub`) });
    expect(error).toBeUndefined();
    expect(log).toContain(key.fingerprint);
    expect(log).toMatch(/^signed$/m);
    expect(log).toMatch(/^refused$/m);
    const { stdout } = await must("ssh-add", ["-l"], { env: { ...process.env, SSH_AUTH_SOCK: socket } });
    expect(stdout).toContain(key.fingerprint);
  });

  test("forwards key files with an id", async () => {
    const key = await makeKey(await tempDir(), "from-file");
    const agents = new Map([["deploy", await openAgent("deploy", { kind: "paths", paths: [key.path] })]]);
    const run =
      "--mount=type=ssh,id=deploy /usr/bin/ssh-add -l && /usr/bin/ssh-add -T /key.pub && echo signed";
    const { error, log } = await build(run, agents, { "root/key.pub": await readFile(`${key.path}.pub`) });
    expect(error).toBeUndefined();
    expect(log).toContain(key.fingerprint);
    expect(log).toMatch(/^signed$/m);
  });

  test("fails for an unknown id only if it is required", async () => {
    const { error } = await build("--mount=type=ssh,id=other,required=true true", new Map());
    expect(error?.rawMessage).toMatch(/unset ssh forward key other/);
    const optional = await build("--mount=type=ssh,id=other test ! -e $SSH_AUTH_SOCK", new Map());
    expect(optional.error).toBeUndefined();
  });
});
