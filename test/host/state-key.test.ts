import { execFile } from "node:child_process";
import { randomBytes, randomUUID } from "node:crypto";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { Code } from "@connectrpc/connect";
import { beforeAll, expect, it } from "vitest";
import { NodeState } from "../../src/gen/slipway/common/v1/node_state_pb.js";
import { Keyring } from "../../src/host/sealing/keyring.js";
import { run, startBuildkitd, type TestTls, tempDir } from "../lab/index.js";
import { contextOf, fromPath } from "./build.js";
import { failure } from "./failure.js";
import { cli, startHost, type TestHost } from "./host.js";

/** A daemon that requires a client certificate, whose key is the secret of these tests. */
let address: string;
let options: Record<string, string>;
let folder: string;

const [first, second] = [randomBytes(32), randomBytes(32)];
const idOf = (key: Buffer) => new Keyring([key]).ids[0]!;

beforeAll(async () => {
  const buildkitd = await startBuildkitd({ listen: "tls" });
  const { ca, cert, key } = buildkitd.tls as TestTls;
  address = buildkitd.address;
  const text = (file: string) => readFile(file, "utf8");
  options = { "cacert.pem": await text(ca), "cert.pem": await text(cert), "key.pem": await text(key) };
  return () => buildkitd.stop();
});

/** A line from the middle of the private key. */
const secret = () => options["key.pem"]!.trim().split("\n").at(1)!;

async function keyFile(...keys: Buffer[]): Promise<string> {
  const file = join(folder, "key");
  await writeFile(file, keys.map((key) => `${key.toString("base64")}\n`).join(""), { mode: 0o600 });
  return file;
}

/** Starts a host on the state of the test's earlier hosts. */
async function start(how: { args?: string[]; env?: Record<string, string> } = {}): Promise<TestHost> {
  return startHost({ folder, ...how });
}

async function stop(host: TestHost): Promise<void> {
  host.process.kill("SIGTERM");
  await host.ended;
}

/** Names of the files in the state folder that contain the secret. */
async function filesWithSecret(): Promise<string[]> {
  const state = join(folder, "state");
  const files = await readdir(state, { recursive: true, withFileTypes: true });
  const found = files.filter((file) => file.isFile()).map((file) => join(file.parentPath, file.name));
  const contents = await Promise.all(found.map((file) => readFile(file)));
  return found
    .filter((_, at) => contents[at]!.includes(secret()))
    .map((file) => file.slice(state.length + 1));
}

async function stateOf(host: TestHost, name = "far"): Promise<NodeState | undefined> {
  const { builder } = await host.builders.getBuilder({ name, inspect: true });
  return builder!.nodes[0]!.status?.state;
}

const createFar = (host: TestHost) =>
  host.builders.createBuilder({ name: "far", driver: "remote", node: { endpoint: address, options } });

it("with a key, no file of the state has the secret, and a restarted host uses the builder", async () => {
  folder = await tempDir();
  const args = ["--state-key-file", await keyFile(first)];
  const host = await start({ args });
  await createFar(host);
  expect(await stateOf(host)).toBe(NodeState.RUNNING);
  const processes = await promisify(execFile)("ps", ["-ww", "-e", "-o", "args"]);
  expect(processes.stdout).not.toContain(first.toString("base64"));
  await stop(host);
  expect(await filesWithSecret()).toEqual([]);

  const again = await start({ args });
  expect(await stateOf(again)).toBe(NodeState.RUNNING);
  const { builder } = await again.builders.getBuilder({ name: "far" });
  expect(Object.keys(builder!.nodes[0]!.spec!.options)).not.toContain("key.pem");
  for (const log of [host.log(), again.log()]) {
    expect(log).toContain(`"key":"${idOf(first)}"`);
    expect(log).not.toContain(secret());
    expect(log).not.toContain(first.toString("base64"));
  }
});

it("a key that is added later encrypts what is stored, and leaves nothing of it in the database", async () => {
  folder = await tempDir();
  const plain = await start();
  await createFar(plain);
  await stop(plain);
  expect(await filesWithSecret()).toEqual(["store/data.mdb"]);

  const credentials = await tempDir();
  await writeFile(join(credentials, "slipway-state-key"), first.toString("base64"), { mode: 0o400 });
  const host = await start({ env: { CREDENTIALS_DIRECTORY: credentials } });
  expect(await stateOf(host)).toBe(NodeState.RUNNING);
  expect(await filesWithSecret()).toEqual([]);
  await stop(host);
  expect(await filesWithSecret()).toEqual([]);
});

it("with another key or none, the builder is refused with the key's id, and others work", async () => {
  folder = await tempDir();
  const host = await start({ args: ["--state-key-file", await keyFile(first)] });
  await createFar(host);
  await host.builders.createBuilder({
    name: "open",
    driver: "remote",
    node: { endpoint: "tcp://127.0.0.1:1" },
  });
  await stop(host);

  const context = fromPath(await contextOf({ Dockerfile: "FROM scratch\n" }));
  const other = ["--state-key-file", await keyFile(second)];
  for (const args of [other, []]) {
    const locked = await start({ args });
    const refused = {
      code: Code.FailedPrecondition,
      reason: "STATE_KEY_MISSING",
      message: expect.stringContaining(`encrypted with the key ${idOf(first)}, which the host does not have`),
      remedy: expect.stringContaining(`Add the key ${idOf(first)} to the host's key file`),
      metadata: { builder: "far", key: idOf(first) },
    };
    const { builders } = locked;
    const spec = { builder: "far", context };
    for (const call of [
      builders.stopBuilder({ name: "far" }),
      builders.appendNode({ builder: "far", node: { name: "far1", endpoint: "tcp://127.0.0.1:2" } }),
      builders.setBuilderAccess({ name: "far", allowedPrincipals: ["local"] }),
      builders.removeBuilder({ name: "far" }),
      locked.builds.startBuild({ requestId: randomUUID(), spec }),
    ])
      expect(await failure(call)).toMatchObject(refused);
    const { builder } = await builders.getBuilder({ name: "far", inspect: true });
    expect(builder!.error!.message).toContain(idOf(first));
    const listed = await builders.listBuilders({ inspect: true });
    expect(listed.builders.map(({ name, error }) => [name, error !== undefined])).toEqual(
      expect.arrayContaining([
        ["far", true],
        ["open", false],
      ]),
    );
    await builders.setBuilderAccess({ name: "open", allowedPrincipals: [] });
    await stop(locked);
  }

  // Nothing was destroyed.
  const unlocked = await start({ args: ["--state-key-file", await keyFile(first)] });
  expect(await stateOf(unlocked)).toBe(NodeState.RUNNING);
});

it("the first key of several encrypts, and what older keys encrypted is rewritten at the start", async () => {
  folder = await tempDir();
  const host = await start({ args: ["--state-key-file", await keyFile(first)] });
  await createFar(host);
  await stop(host);
  const rotated = await start({ args: ["--state-key-file", await keyFile(second, first)] });
  expect(await stateOf(rotated)).toBe(NodeState.RUNNING);
  await stop(rotated);
  const onlyNew = await start({ args: ["--state-key-file", await keyFile(second)] });
  expect(await stateOf(onlyNew)).toBe(NodeState.RUNNING);
});

it("a builder whose key is lost is removed with force, and can be created again", async () => {
  folder = await tempDir();
  const host = await start({ args: ["--state-key-file", await keyFile(first)] });
  await createFar(host);
  await stop(host);
  const args = ["--state-key-file", await keyFile(second)];
  const locked = await start({ args });
  const env = { PATH: process.env.PATH, HOME: folder, SLIPWAY_HOST: `unix://${locked.socket}` };
  const refused = await run(process.execPath, [cli, "rm", "far"], { env });
  expect(refused.code).toBe(1);
  expect(refused.stderr).toContain("add --force to remove the builder");
  const { removed, diagnostics } = await locked.builders.removeBuilder({ name: "far", force: true });
  expect(removed).toEqual([]);
  expect(diagnostics).toMatchObject([{ reason: "STATE_KEY_MISSING", field: "nodes[far0]" }]);
  await createFar(locked);
  expect(await stateOf(locked)).toBe(NodeState.RUNNING);
});

it("a key file that others can read ends the host before it opens its state", async () => {
  folder = await tempDir();
  const file = join(folder, "key");
  await writeFile(file, first.toString("base64"), { mode: 0o644 });
  await expect(start({ args: ["--state-key-file", file] })).rejects.toThrow(
    /Others can reach the key file .* its mode is 0644[\s\S]*HINT: Run chmod 600/,
  );
  expect(await readdir(folder)).toEqual(["key"]);
});
