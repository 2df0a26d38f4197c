import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { create } from "@bufbuild/protobuf";
import { createClient, createRouterTransport } from "@connectrpc/connect";
import { beforeEach, expect, it } from "vitest";
import { readTypedError } from "../../errors/typed-error.js";
import { Severity } from "../../gen/slipway/common/v1/diagnostic_pb.js";
import { DriverDescriptorSchema } from "../../gen/slipway/driver/v1/descriptor_pb.js";
import { DriverService, type UpgradeConfigRequest } from "../../gen/slipway/driver/v1/driver_pb.js";
import { BuilderRecordSchema } from "../../gen/slipway/state/v1/builder_record_pb.js";
import { keptLog } from "../base/kept-log.test-helper.js";
import type { PluginManager } from "../plugins/plugin-manager.js";
import { Keyring } from "../sealing/keyring.js";
import { Store } from "../store/store.js";
import { BuilderUpgrades } from "./builder-upgrades.js";
import { StoredBuilders } from "./stored-builders.js";

const descriptor = create(DriverDescriptorSchema, {
  name: "aging",
  configVersion: 2,
  options: [{ name: "size" }],
});

let stored: StoredBuilders;
let present: BuilderUpgrades;
/** The upgrades of the driver so far; each waits for what a test sets here. */
let upgrades: string[];
let upgrading: (node: string) => unknown;
let uses: number;

beforeEach(async () => {
  const folder = await mkdtemp(join(tmpdir(), "slipway-present-builders-"));
  const store = new Store(folder);
  stored = new StoredBuilders(store, new Keyring(), async () => descriptor);
  upgrades = [];
  upgrading = () => {};
  uses = 0;
  const transport = createRouterTransport(({ service }) => {
    service(DriverService, {
      async upgradeConfig({ config }: UpgradeConfigRequest) {
        const node = config!.node;
        upgrades.push(node);
        await upgrading(node);
        const diagnostics = [
          { severity: Severity.WARNING, field: "options[size]", message: "It was memory." },
        ];
        const { memory, ...options } = config!.options;
        return { config: { ...config!, options: { ...options, size: memory! } }, diagnostics };
      },
    });
  });
  const use = async () => {
    uses += 1;
    return {
      descriptor,
      plugin: "farm",
      driver: createClient(DriverService, transport),
      release() {
        uses -= 1;
      },
    };
  };
  present = new BuilderUpgrades({ use } as unknown as PluginManager, stored, keptLog().log);
  await stored.put(builder);
  return async () => {
    expect(uses).toBe(0);
    await store.close();
    await rm(folder, { recursive: true });
  };
});

const nodes = ["n0", "n1"].map((node) => ({ builder: "b", node, options: { memory: "1" } }));
const builder = create(BuilderRecordSchema, { name: "b", driver: "aging", nodes });
const optionsOf = (name = "b") => stored.get(name)?.nodes.map(({ options }) => options);

it("upgrades all nodes, stores them with their warnings, and calls the driver once for simultaneous uses", async () => {
  const found = stored.get("b")!;
  const all = await Promise.all([1, 2, 3].map(() => present.upgrade({ ...found, current: true })));
  for (const each of all) {
    expect(each.builder.nodes.map(({ options }) => options)).toEqual([{ size: "1" }, { size: "1" }]);
    expect(each.builder.current).toBe(true);
  }
  expect(upgrades).toEqual(["n0", "n1"]);
  // Only the use that upgraded has the warnings; the others are read from the store.
  expect(all.map(({ warnings }) => warnings.length).sort()).toEqual([0, 0, 2]);
  expect(all.flatMap(({ warnings }) => warnings)[0]).toMatchObject({
    field: "nodes[n0].options[size]",
    message: "After an update of its plugin, node n0 was upgraded. It was memory.",
  });
  expect(optionsOf()).toEqual([{ size: "1" }, { size: "1" }]);
  expect(stored.get("b")!.forms.n1).toMatchObject({
    version: 2,
    upgradeWarnings: [{ message: "It was memory." }],
  });

  expect((await present.upgrade(stored.get("b")!)).warnings).toEqual([]);
  expect(upgrades).toHaveLength(2);
});

it("stores nothing when one of the nodes cannot be upgraded", async () => {
  upgrading = (node) => {
    if (node === "n1") throw new Error("The farm is closed.");
  };
  const error = await present.upgrade(stored.get("b")!).then(() => expect.unreachable(), readTypedError);
  expect(error).toMatchObject({ reason: "CONFIG_UPGRADE_FAILED", metadata: { node: "n1" } });
  expect(optionsOf()).toEqual([{ memory: "1" }, { memory: "1" }]);
});

it("keeps a change that is stored during the upgrade", async () => {
  upgrading = async () => {
    if (upgrades.length === 1) await stored.put({ ...stored.get("b")!, allowedPrincipals: ["token:ci"] });
  };
  await present.upgrade(stored.get("b")!);
  expect(stored.get("b")!.allowedPrincipals).toEqual(["token:ci"]);
  expect(optionsOf()).toEqual([{ size: "1" }, { size: "1" }]);
  expect(upgrades).toEqual(["n0", "n1", "n0", "n1"]);
});

it("does not store a builder again that is removed during the upgrade", async () => {
  upgrading = () => stored.remove("b");
  const { builder: used } = await present.upgrade(stored.get("b")!);
  expect(used.nodes[0]!.options).toEqual({ size: "1" });
  expect(stored.get("b")).toBeUndefined();
});

it.each([{ implicit: true }, { origin: "/buildx/instances/b" }])(
  "leaves a builder that is not stored as it is: %j",
  async (facts) => {
    const other = create(BuilderRecordSchema, { ...builder, ...facts });
    expect(await present.upgrade(other)).toEqual({ builder: other, warnings: [] });
    expect(upgrades).toEqual([]);
  },
);
