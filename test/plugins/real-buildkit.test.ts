import { randomBytes } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { createConnection } from "node:net";
import { join } from "node:path";
import { create } from "@bufbuild/protobuf";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Connect } from "../../src/buildkit/connection.js";
import { NodeConfigSchema } from "../../src/gen/slipway/driver/v1/node_pb.js";
import type { DriverLease } from "../../src/host/plugins/plugin-manager.js";
import { openTunnel } from "../../src/plugin-client/tunnel.js";
import { build } from "../buildkit/build.js";
import { installBuildkitd } from "../fixtures/plugins/install.js";
import { lab } from "../lab/index.js";
import { Harness } from "./harness.js";

let harness: Harness;
beforeEach(() => {
  harness = new Harness();
});
afterEach(() => harness.close());

type Config = ReturnType<typeof nodeConfig>;

function nodeConfig(direct: boolean) {
  const { address } = lab().buildkitd;
  return create(NodeConfigSchema, { node: "n0", endpoint: address, options: { direct: String(direct) } });
}

/** Connects to the endpoint that Dial returns. */
async function dialed(lease: DriverLease, config: Config): Promise<Connect> {
  const { endpoint } = await lease.driver.dial({ driver: "buildkitd", config });
  if (endpoint.case !== "unix") throw new Error(`unexpected endpoint ${endpoint.case}`);
  const { path } = endpoint.value;
  return () => createConnection({ path });
}

const routes: [string, (lease: DriverLease) => Promise<Connect>][] = [
  ["a plugin's socket", (lease) => dialed(lease, nodeConfig(false))],
  ["an endpoint without the plugin", (lease) => dialed(lease, nodeConfig(true))],
  ["a tunnel", async (lease) => () => openTunnel(lease, nodeConfig(false), "")],
];

test.each(routes)("a real BuildKit builds through %s", async (_name, open) => {
  await installBuildkitd(harness.plugins);
  const manager = await harness.open();
  const lease = await manager.use("buildkitd");
  harness.pid(manager);
  const context = join(harness.folder, "context");
  mkdirSync(context);
  // New bytes each time, so that BuildKit must receive them.
  writeFileSync(join(context, "big"), randomBytes(24 << 20));
  writeFileSync(join(context, "Dockerfile"), "FROM scratch\nCOPY big /\n");
  const built = await build(await open(lease), { context });
  expect(built.error).toBeUndefined();
  expect(built.sessionErrors).toEqual([]);
  lease.release();
});
