import { randomUUID } from "node:crypto";
import type { MessageInitShape } from "@bufbuild/protobuf";
import { Code } from "@connectrpc/connect";
import { beforeEach, expect, it } from "vitest";
import type { UpdateNodeRequestSchema } from "../../src/gen/slipway/v1/builder_pb.js";
import { reasonOf, startTeam, type Team } from "../access/harness.js";
import { installAging } from "../fixtures/plugins/install.js";
import type { TestHost } from "../host/host.js";
import { tempDir } from "../lab/index.js";
import { failure, type NodeInit, nodesOf, storedBuilders } from "./harness.js";

const secret = "hush-1c77d9";
const key = Buffer.from("-----BEGIN PRIVATE KEY-----\naGlkZGVu\n-----END PRIVATE KEY-----\n");

let host: TestHost;
let clients: Team["clients"];

beforeEach(async () => {
  const plugins = await tempDir();
  await installAging(plugins, "default");
  ({ host, clients } = await startTeam({ plugins: [plugins] }));
  const node = {
    endpoint: "tcp://192.0.2.1:1",
    options: { memory: "1k", network: "none", token: secret },
    daemonFiles: { "buildkitd.toml": Buffer.from("debug = true\n"), "key.pem": key },
    platforms: ["linux/amd64", "linux/arm64"],
  };
  await host.builders.createBuilder({ name: "far", driver: "aging", node });
});

type Request = MessageInitShape<typeof UpdateNodeRequestSchema>;

const request = (node: NodeInit, paths: string[]) => ({
  builder: "far",
  node,
  updateMask: { paths },
});

async function update(node: NodeInit, paths: string[], more: Partial<Request> = {}) {
  const { builder } = await host.builders.updateNode({
    ...request(node, paths),
    ...more,
  } as Request);
  return builder!.nodes[0]!;
}

/** The options as the driver was given them; of the secret, the length. */
async function used(): Promise<string | undefined> {
  const { builder } = await host.builders.getBuilder({ name: "far", inspect: true });
  return builder!.nodes[0]!.status?.message;
}

it("changes one option, and keeps the secret and the files that no client has seen", async () => {
  const node = await update({ options: { memory: "2k" } }, ["options.memory"]);
  expect(node.spec).toMatchObject({ options: { memory: "2048", network: "none" } });
  expect(node.secretOptions).toEqual(["token"]);
  expect(node.daemonFiles).toMatchObject([
    { path: "buildkitd.toml" },
    { path: "key.pem", sizeBytes: BigInt(key.length) },
  ]);
  expect(await used()).toBe(`memory=2048 network=none token:${secret.length}`);
});

it("clears what the mask names: an option gets its default, and platforms are those of the workers", async () => {
  const node = await update({}, ["options.network", "options.memory", "daemon_files.key.pem", "platforms"]);
  expect(node.spec).toMatchObject({ options: { network: "host" }, platforms: [] });
  expect(node.daemonFiles).toMatchObject([{ path: "buildkitd.toml" }]);
  expect(await used()).toBe(`network=host token:${secret.length}`);
  await update({}, ["options"]);
  expect(await used()).toBe("network=host");
});

it("only checks with validate_only, and removes the node's platforms from others otherwise", async () => {
  const other = { name: "other", endpoint: "tcp://192.0.2.2:1", platforms: ["linux/386"] };
  await host.builders.appendNode({ builder: "far", node: other });
  const before = await storedBuilders(host);
  const change = request({ name: "FAR0", platforms: ["linux/386"] }, ["platforms"]);
  const { builder } = await host.builders.updateNode({ ...change, validateOnly: true });
  expect(nodesOf(builder)).toEqual({ far0: ["linux/386"], other: [] });
  expect(await storedBuilders(host)).toEqual(before);
  await host.builders.updateNode(change);
  const { builder: changed } = await host.builders.getBuilder({ name: "far" });
  expect(nodesOf(changed)).toEqual({ far0: ["linux/386"], other: [] });
});

it("refuses what names nothing or is invalid, and changes nothing", async () => {
  const before = await storedBuilders(host);
  const refusal = (node: NodeInit, paths: string[], more?: Partial<Request>) =>
    failure(update(node, paths, more));
  expect(await refusal({}, ["colour", "options.memroy", "platforms"])).toMatchObject({
    code: Code.InvalidArgument,
    reason: "UPDATE_MASK_INVALID",
    fields: [{ field: "update_mask.paths[0]" }, { field: "update_mask.paths[1]" }],
  });
  expect(await refusal({ options: { memory: "2k" } }, [])).toMatchObject({ reason: "UPDATE_MASK_INVALID" });
  expect(await refusal({ options: { memory: "lots" } }, ["options.memory"])).toMatchObject({
    reason: "OPTION_INVALID",
    fields: [{ field: "node.options[memory]" }],
  });
  expect(await refusal({ options: { nope: "1" } }, ["options.nope"])).toMatchObject({
    reason: "OPTION_UNKNOWN",
  });
  expect(await refusal({ name: "far7" }, ["platforms"])).toMatchObject({ reason: "NODE_UNKNOWN" });
  expect(await refusal({}, ["platforms"], { builder: "default" })).toMatchObject({
    reason: "BUILDER_READ_ONLY",
  });
  expect(await storedBuilders(host)).toEqual(before);

  await host.builders.appendNode({ builder: "far", node: { endpoint: "tcp://192.0.2.2:1" } });
  expect(await refusal({}, ["platforms"])).toMatchObject({
    reason: "NODE_NAME_INVALID",
    message: "Builder far has several nodes: far0, far1.",
  });
});

it("answers a repeated request as the first time, whatever keys its mask has", async () => {
  const given = { options: { memory: "2k" }, daemonFiles: { "README.md": Buffer.from("read me") } };
  const paths = ["options.memory", "daemon_files.README.md"];
  const first = { ...request(given, paths), requestId: randomUUID() };
  const { builder } = await host.builders.updateNode(first);
  await update({ options: { memory: "4k" } }, ["options.memory"]);
  expect((await host.builders.updateNode(first)).builder).toEqual(builder);
  expect(await used()).toContain("memory=4096");
  const other = { ...first, updateMask: { paths: ["options.memory"] } };
  expect(await failure(host.builders.updateNode(other))).toMatchObject({ reason: "REQUEST_ID_REUSED" });
});

it("an admin on another machine changes a node by JSON, but sends its secrets nowhere else", async () => {
  const { builders } = clients.admin;
  const file = { daemonFiles: { "README.md": Buffer.from("read me") } };
  await builders.updateNode(request(file, ["daemon_files.%52%45%41%44%4d%45.md"]));
  const { builder } = await host.builders.getBuilder({ name: "far" });
  expect(builder!.nodes[0]!.daemonFiles.map(({ path }) => path)).toContain("README.md");

  const elsewhere = { endpoint: "tcp://192.0.2.66:1" };
  const error = await failure(builders.updateNode(request(elsewhere, ["endpoint"])));
  expect(error).toMatchObject({
    reason: "SECRET_NOT_GIVEN",
    fields: [{ field: "node.options[token]" }, { field: "node.daemon_files[key.pem]" }],
  });
  const append = { builder: "far", node: { name: "far0", ...elsewhere } };
  expect(await reasonOf(builders.appendNode(append))).toBe("SECRET_NOT_GIVEN");
  expect(await reasonOf(builders.updateNode(request({}, ["endpoint"])))).toBe("LOCAL_ONLY");
  expect(await reasonOf(clients.ann.builders.updateNode(request({}, ["platforms"])))).toBe("ROLE_REQUIRED");
  await builders.updateNode(request(elsewhere, ["endpoint", "options.token", "daemon_files.key.pem"]));
  expect(await used()).toBe("memory=1024 network=none");
});
