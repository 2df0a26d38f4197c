import { Code, createClient, createRouterTransport } from "@connectrpc/connect";
import { expect, test } from "vitest";
import { readTypedError } from "../errors/typed-error.js";
import { DriverService } from "../gen/slipway/driver/v1/driver_pb.js";
import type { Driver } from "./driver.js";
import { driverServices } from "./driver-services.js";

test("Handshake refuses a host without a required capability, and names it for people and programs", async () => {
  const drivers = [{ descriptor: { name: "sample", title: "A sample" } } as Driver];
  const { add } = driverServices(
    { name: "sample", version: "1.0.0", drivers, requires: ["warp"] },
    undefined,
  );
  const { handshake } = createClient(DriverService, createRouterTransport(add));
  const error = await handshake({ capabilities: [{ id: "other" }] }).then(() => undefined, readTypedError);
  expect(error).toMatchObject({
    code: Code.FailedPrecondition,
    reason: "CAPABILITY_REQUIRED",
    domain: "driver.slipway.dev",
    message: "The plugin sample needs a host with the capability warp.",
    metadata: { capability: "warp" },
  });
  await expect(handshake({ capabilities: [{ id: "warp" }] })).resolves.toMatchObject({
    plugin: { peer: { name: "sample" } },
  });
});
