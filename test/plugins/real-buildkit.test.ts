import { randomBytes } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { create } from "@bufbuild/protobuf";
import { afterEach, beforeEach, expect, test } from "vitest";
import { LeasePurpose } from "../../src/gen/slipway/driver/v1/driver_pb.js";
import { NodeConfigSchema } from "../../src/gen/slipway/driver/v1/node_pb.js";
import { Lease } from "../../src/plugin-client/lease.js";
import { build } from "../buildkit/build.js";
import { installBuildkitd } from "../fixtures/plugins/install.js";
import { lab } from "../lab/index.js";
import { Harness } from "./harness.js";

let harness: Harness;
beforeEach(() => {
  harness = new Harness();
});
afterEach(() => harness.close());

const routes: [string, Record<string, string>][] = [
  ["a plugin's socket", {}],
  ["an endpoint without the plugin", { direct: "true" }],
  ["a tunnel", { tunnel: "true" }],
];

test.each(routes)("a real BuildKit builds through %s", async (_name, options) => {
  await installBuildkitd(harness.plugins);
  const manager = await harness.open();
  const used = await manager.use("buildkitd");
  harness.pid(manager);
  const context = join(harness.folder, "context");
  mkdirSync(context);
  // New bytes each time, so that BuildKit must receive them.
  writeFileSync(join(context, "big"), randomBytes(24 << 20));
  writeFileSync(join(context, "Dockerfile"), "FROM scratch\nCOPY big /\n");
  const config = create(NodeConfigSchema, { node: "n0", endpoint: lab().buildkitd.address, options });
  const lease = await Lease.acquire(used, config, { purpose: LeasePurpose.BUILD });
  const built = await build(() => lease.open(), { context });
  expect(built.error).toBeUndefined();
  expect(built.sessionErrors).toEqual([]);
  lease.release();
  used.release();
});
