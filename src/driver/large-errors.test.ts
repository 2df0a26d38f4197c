import { mkdtemp, rm } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Code, createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { expect, onTestFinished, test } from "vitest";
import { readTypedError } from "../errors/typed-error.js";
import { DriverService } from "../gen/slipway/driver/v1/driver_pb.js";
import { driverError } from "./driver-error.js";
import { streaming, unary } from "./handler.js";
import { PluginServer } from "./plugin-server.js";

test("a plugin's errors are small enough for every client, for unary calls and streams", async () => {
  const fail = (): never => {
    const fields = Array.from({ length: 500 }, (_, i) => ({
      field: `config.options[o${i}]`,
      message: "Unknown.",
    }));
    const error = driverError({ code: Code.InvalidArgument, reason: "OPTION_UNKNOWN", message: "", fields });
    error.details.push({ type: "example.Whatever", value: new Uint8Array(100_000) });
    throw error;
  };
  const folder = await mkdtemp(join(tmpdir(), "slipway-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const path = join(folder, "plugin.sock");
  const server = new PluginServer({
    listen: { path },
    routes: (router) => {
      router.service(DriverService, {
        inspect: unary(fail),
        // biome-ignore lint/correctness/useYield: it fails
        bootstrap: streaming(async function* () {
          fail();
        }),
      });
    },
  });
  await server.listen();
  onTestFinished(() => server.close(0, 0));
  const nodeOptions = { createConnection: () => connect(path), settings: { maxHeaderListSize: 8192 } };
  const driver = createClient(
    DriverService,
    createGrpcTransport({ baseUrl: "http://localhost", nodeOptions }),
  );
  const errors = [
    await driver.inspect({}).catch(readTypedError),
    await driver.bootstrap({})[Symbol.asyncIterator]().next().catch(readTypedError),
  ];
  for (const error of errors) {
    expect(error).toMatchObject({ reason: "OPTION_UNKNOWN", domain: "driver.slipway.dev" });
    const { fields = [], metadata } = error as ReturnType<typeof readTypedError>;
    expect(fields.length + Number(metadata?.omitted_fields)).toBe(500);
  }
});
