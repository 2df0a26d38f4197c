import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Agent } from "../../src/buildkit/ssh/agent-protocol.js";
import { openAgent } from "../../src/buildkit/ssh/open-agent.js";

// Checked with OpenSSH: ssh-add and ssh-keygen are the clients.
let dir: string;
let realAgent: ReturnType<typeof spawn>;
const realSocket = () => join(dir, "real.sock");

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), "slipway-ssh-"));
  realAgent = spawn("ssh-agent", ["-D", "-a", realSocket()], { stdio: ["ignore", "pipe", "ignore"] });
  await once(realAgent.stdout!, "data");
});

afterAll(() => {
  realAgent.kill();
  rmSync(dir, { recursive: true, force: true });
});

function makeKey(name: string, ...options: string[]): string {
  const path = join(dir, name);
  execFileSync("ssh-keygen", ["-q", "-N", "", "-C", name, "-f", path, ...options]);
  return path;
}

/** Serves an agent on a unix socket while `use` runs. */
async function withSocket<T>(agent: Agent, use: (path: string) => Promise<T>): Promise<T> {
  const path = join(dir, `${Math.random().toString(36).slice(2)}.sock`);
  const server = createServer({ allowHalfOpen: true }, async (socket) => {
    try {
      for await (const chunk of agent(socket, new AbortController().signal)) socket.write(chunk);
    } finally {
      socket.end();
    }
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  try {
    return await use(path);
  } finally {
    server.close();
  }
}

async function run(
  command: string,
  args: string[],
  socket: string,
  input = "",
): Promise<{ code: number; out: string }> {
  const child = spawn(command, args, { env: { ...process.env, SSH_AUTH_SOCK: socket }, stdio: "pipe" });
  let out = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (data: Buffer) => {
      out += data;
    });
  child.stdin.end(input);
  const [code] = await once(child, "close");
  return { code: code as number, out };
}

describe("keys", () => {
  test.each([
    ["ed25519", ["-t", "ed25519"]],
    ["rsa", ["-t", "rsa", "-b", "2048"]],
    ["rsa-pem", ["-t", "rsa", "-b", "2048", "-m", "PEM"]],
    ["rsa-pkcs8", ["-t", "rsa", "-b", "2048", "-m", "PKCS8"]],
    ["ecdsa256", ["-t", "ecdsa", "-b", "256"]],
    ["ecdsa384-pkcs8", ["-t", "ecdsa", "-b", "384", "-m", "PKCS8"]],
    ["ecdsa521", ["-t", "ecdsa", "-b", "521"]],
  ])("lists %s and signs with it, as ssh-keygen verifies", async (name, options) => {
    const path = makeKey(name, ...options);
    const agent = await openAgent("default", { kind: "paths", paths: [path] });
    await withSocket(agent, async (socket) => {
      const fingerprint = execFileSync("ssh-keygen", ["-lf", `${path}.pub`])
        .toString()
        .split(" ")[1]!;
      expect(await run("ssh-add", ["-l"], socket)).toEqual({
        code: 0,
        out: expect.stringContaining(fingerprint),
      });
      // -T requests a signature of random data and verifies it.
      expect(await run("ssh-add", ["-T", `${path}.pub`], socket)).toMatchObject({ code: 0 });
      expect(await run("ssh-add", ["-D"], socket)).toMatchObject({ code: 1 });
    });
  });

  test("accepts several keys as bytes", async () => {
    const keys = ["one", "two"].map((name) => {
      const path = makeKey(name, "-t", "ed25519");
      return { name, data: execFileSync("cat", [path]) };
    });
    const agent = await openAgent("default", { kind: "keys", keys });
    await withSocket(agent, async (socket) => {
      const { out } = await run("ssh-add", ["-l"], socket);
      expect(
        out
          .trim()
          .split("\n")
          .map((line) => line.split(" ")[2]),
      ).toEqual(["one", "two"]);
    });
  });

  test.each(["PEM", "PKCS8", "RFC4716"])("refuses a key with a passphrase (%s)", async (format) => {
    const path = join(dir, `locked-${format}`);
    execFileSync("ssh-keygen", ["-q", "-t", "rsa", "-b", "2048", "-N", "secret", "-m", format, "-f", path]);
    await expect(openAgent("default", { kind: "paths", paths: [path] })).rejects.toMatchObject({
      name: "InputError",
      reason: "SSH_KEY_ENCRYPTED",
      message: expect.stringContaining(path),
    });
  });

  test("refuses files that are not private keys", async () => {
    const publicKey = `${makeKey("pub", "-t", "ed25519")}.pub`;
    const text = join(dir, "text");
    writeFileSync(text, "hello");
    for (const [path, reason] of [
      [publicKey, "SSH_KEY_INVALID"],
      [text, "SSH_KEY_INVALID"],
      [join(dir, "none"), "SSH_PATH_UNREADABLE"],
    ] as const)
      await expect(openAgent("x", { kind: "paths", paths: [path] })).rejects.toMatchObject({ reason });
    await expect(openAgent("x", { kind: "paths", paths: [] }, {})).rejects.toMatchObject({
      reason: "SSH_AGENT_MISSING",
    });
    await expect(
      openAgent("x", { kind: "paths", paths: [realSocket(), makeKey("mixed", "-t", "ed25519")] }),
    ).rejects.toMatchObject({ reason: "SSH_PATHS_MIXED" });
  });
});

describe("agent socket", () => {
  test("lists keys and signs, but does not change the agent", async () => {
    const path = makeKey("in-agent", "-t", "ed25519");
    const other = makeKey("other", "-t", "ed25519");
    expect(await run("ssh-add", [path], realSocket())).toMatchObject({ code: 0 });

    const agent = await openAgent("default", { kind: "paths", paths: [] }, { SSH_AUTH_SOCK: realSocket() });
    await withSocket(agent, async (socket) => {
      expect((await run("ssh-add", ["-l"], socket)).out).toContain("in-agent");
      expect(await run("ssh-add", ["-T", `${path}.pub`], socket)).toMatchObject({ code: 0 });
      for (const change of [["-D"], [other], ["-d", path], ["-x"]])
        expect((await run("ssh-add", change, socket, "pass\npass\n")).code).not.toBe(0);
    });
    expect((await run("ssh-add", ["-l"], realSocket())).out).toContain("in-agent");
  });

  test("reports an agent that has ended as UNAVAILABLE with its path", async () => {
    const path = join(dir, "gone.sock");
    const server = createServer().listen(path);
    await once(server, "listening");
    const agent = await openAgent("default", { kind: "paths", paths: [path] });
    await new Promise((resolve) => server.close(resolve));
    const iterator = agent((async function* () {})(), new AbortController().signal)[Symbol.asyncIterator]();
    await expect(iterator.next()).rejects.toMatchObject({
      name: "StatusError",
      message: expect.stringContaining(path),
    });
  });
});
