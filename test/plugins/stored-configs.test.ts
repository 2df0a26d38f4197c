import { randomBytes } from "node:crypto";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Code } from "@connectrpc/connect";
import { beforeEach, expect, it } from "vitest";
import type { Node } from "../../src/gen/slipway/v1/builder_pb.js";
import { slipwayOf } from "../cli/slipway.js";
import { type Age, installAging } from "../fixtures/plugins/install.js";
import { failure } from "../host/failure.js";
import { startHost, type TestHost } from "../host/host.js";
import { tempDir, until } from "../lab/index.js";

const secret = "hush-7d31e0";

let host: TestHost;
let args: string[];

beforeEach(async () => {
  const key = join(await tempDir(), "key");
  await writeFile(key, randomBytes(32).toString("base64"), { mode: 0o600 });
  args = ["--state-key-file", key];
  host = await startHost({ args });
  await install("first");
  const node = { options: { memory: "2k", token: secret } };
  await host.builders.createBuilder({ name: "old", driver: "aging", node });
});

/** Installs an age of the plugin over the one before. */
async function install(age: Age): Promise<void> {
  const path = await installAging(await tempDir(), age);
  await host.plugins.installPlugin({ path, replace: true });
}

async function restart(): Promise<void> {
  host.process.kill("SIGTERM");
  await host.ended;
  host = await startHost({ args, folder: host.folder });
}

/** The node after the driver was asked for its state. */
async function inspect(name = "old"): Promise<Node> {
  const { builder } = await host.builders.getBuilder({ name, inspect: true });
  return builder!.nodes[0]!;
}

/** What the driver was given. */
const optionsOf = ({ status }: Node) => status?.message;

const calls = (what: string) => host.log().split(what).length - 1;

/** Checks how many lines a call has written. The log may arrive later than the answer. */
async function expectCalls(what: string, count: number): Promise<void> {
  await until(`${what} in the log`, () => calls(what) >= count);
  expect(calls(what)).toBe(count);
}

/** Paths of the files in the state folder that contain the secret. */
async function filesWithSecret(): Promise<string[]> {
  const found = await readdir(join(host.folder, "state"), { recursive: true, withFileTypes: true });
  const files = found.filter((each) => each.isFile()).map((each) => join(each.parentPath, each.name));
  const contents = await Promise.all(files.map((file) => readFile(file)));
  return files.filter((_, at) => contents[at]!.includes(secret));
}

it("a new option's default reaches a stored node, with one Validate, and stays after a restart", async () => {
  expect(optionsOf(await inspect())).toBe("memory=2048 token:11");
  await install("default");
  const before = calls("Validate");
  const nodes = await Promise.all([1, 2, 3, 4].map(() => inspect()));
  for (const node of nodes) expect(optionsOf(node)).toBe("memory=2048 network=host token:11");
  expect(optionsOf(await inspect())).toBe("memory=2048 network=host token:11");
  await expectCalls("Validate", before + 1);
  expect(nodes[0]).toMatchObject({ spec: { options: { network: "host" } }, upgradeWarnings: [] });

  await restart();
  expect(optionsOf(await inspect())).toBe("memory=2048 network=host token:11");
  expect(calls("Validate")).toBe(0);
});

it("a stored node is upgraded once, its secrets stay encrypted, and the warnings are shown", async () => {
  await install("second");
  const listed = (await host.builders.listBuilders({})).builders.find(({ name }) => name === "old")!;
  // The present plugin does not declare it, and it is secret all the same.
  expect(listed.nodes[0]).toMatchObject({ secretOptions: ["memory", "token"], spec: { options: {} } });
  expect(calls("Upgrade from version 1")).toBe(0);

  const nodes = await Promise.all([1, 2, 3, 4].map(() => inspect()));
  for (const node of nodes) {
    expect(optionsOf(node)).toBe("key:11 network=host size=2048");
    expect(node.secretOptions).toEqual(["key"]);
    expect(node.spec!.options).toEqual({ size: "2048", network: "host" });
    expect(node.upgradeWarnings).toMatchObject([{ reason: "OPTION_RENAMED", field: "options[size]" }]);
  }
  await expectCalls("Upgrade from version 1", 1);
  expect((await slipwayOf(host)(["inspect", "old"])).stdout).toMatch(
    /Warning: +The option memory is now size\./,
  );

  await restart();
  expect(optionsOf(await inspect())).toBe("key:11 network=host size=2048");
  expect((await inspect()).upgradeWarnings).toHaveLength(1);
  expect(calls("Upgrade from")).toBe(0);
  expect(host.log()).not.toContain(secret);
  expect(await filesWithSecret()).toEqual([]);

  await host.builders.updateNode({
    builder: "old",
    node: { options: { size: "4k" } },
    updateMask: { paths: ["options.size"] },
  });
  expect((await inspect()).upgradeWarnings).toEqual([]);
});

it("a build that upgrades its builder has the warning", async () => {
  await install("second");
  const context = { source: { case: "url" as const, value: "https://192.0.2.1/none.tar" } };
  const { build } = await host.builds.startBuild({ spec: { builder: "old", context } });
  const warnings: string[] = [];
  for await (const { event } of host.builds.watchBuild({ id: build!.id }))
    if (event?.event.case === "warning")
      warnings.push(`${event.event.value.field} ${event.event.value.message}`);
  expect(warnings).toEqual([
    "nodes[old0].options[size] After an update of its plugin, node old0 was upgraded. The option memory is now size.",
  ]);
});

it("an older plugin refuses what a newer one stored, and the newer one uses it again", async () => {
  await install("second");
  await inspect();
  await install("default");
  const error = await failure(host.builders.stopBuilder({ name: "old" }));
  expect(error).toMatchObject({
    code: Code.FailedPrecondition,
    reason: "CONFIG_NEWER",
    metadata: { driver: "aging", plugin: "aging", node: "old0", stored_version: "2", plugin_version: "1" },
    remedy: "Install the newer version of the plugin aging again.",
  });
  expect(await inspect()).toMatchObject({
    error: { message: error.message },
    status: { reason: "CONFIG_NEWER" },
  });
  expect(await failure(host.builders.removeBuilder({ name: "old" }))).toMatchObject({
    reason: "CONFIG_NEWER",
  });
  expect(calls("Remove old0")).toBe(0);

  await install("second");
  expect(optionsOf(await inspect())).toBe("key:11 network=host size=2048");
});

it("a failed upgrade changes nothing, so that the former plugin can be installed again", async () => {
  await install("broken");
  const error = await failure(host.builders.stopBuilder({ name: "old" }));
  expect(error).toMatchObject({
    code: Code.FailedPrecondition,
    reason: "CONFIG_UPGRADE_FAILED",
    message:
      "The configuration of node old0 cannot be upgraded from version 1 to 3 for the driver aging: The farm is closed.",
    remedy: expect.stringMatching(/^Come back tomorrow\. Change the node, or install the former version/),
  });
  await restart();
  await install("first");
  expect(optionsOf(await inspect())).toBe("memory=2048 token:11");

  await install("broken");
  const { diagnostics } = await host.builders.removeBuilder({ name: "old", force: true });
  expect(diagnostics).toMatchObject([{ reason: "CONFIG_UPGRADE_FAILED" }]);
});

it("a node is upgraded before it is removed or changed", async () => {
  await install("second");
  await host.builders.appendNode({ builder: "old", node: { name: "more", endpoint: "tcp://far.example:1" } });
  await host.builders.leaveNode({ builder: "old", node: "old0" });
  await expectCalls("Upgrade from version 1", 1);
  const { removed } = await host.builders.removeBuilder({ name: "old" });
  expect(removed).toEqual(["more"]);
});
