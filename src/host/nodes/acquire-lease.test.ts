import { create } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import { createClient, createRouterTransport } from "@connectrpc/connect";
import { expect, it } from "vitest";
import type { Progress } from "../../gen/slipway/common/v1/progress_pb.js";
import { DriverDescriptorSchema } from "../../gen/slipway/driver/v1/descriptor_pb.js";
import { DriverService, LeasePurpose } from "../../gen/slipway/driver/v1/driver_pb.js";
import { NodeConfigSchema } from "../../gen/slipway/driver/v1/node_pb.js";
import { whenAborted } from "../../util/when-aborted.js";
import { acquireLease } from "./acquire-lease.js";

it("acquires again while leases are being drained, and says why and until when", async () => {
  let attempts = 0;
  const transport = createRouterTransport(({ service }) => {
    service(DriverService, {
      async *acquire(_request, { signal }) {
        const endTime = timestampFromDate(new Date("2030-01-02T03:04:05Z"));
        const draining = { reason: "POD_EVICTED", message: "The pod is evicted.", endTime };
        if (++attempts < 3) yield { event: { case: "draining", value: draining } };
        yield { event: { case: "endpoint", value: { address: { case: "tunnel", value: {} } } } };
        await whenAborted(signal);
      },
    });
  });
  const plugin = {
    descriptor: create(DriverDescriptorSchema, { name: "test" }),
    driver: createClient(DriverService, transport),
  };
  const steps: Progress[] = [];
  const plan = { purpose: LeasePurpose.BUILD };
  const lease = await acquireLease(plugin, create(NodeConfigSchema), plan, {
    onProgress: (step) => void steps.push(step),
  });
  lease.release();
  const name = "Waiting for a node that is not being drained";
  const log = "The pod is evicted. The lease ends at 2030-01-02T03:04:05.000Z.\n";
  expect(steps).toMatchObject([
    { id: "draining", name, log, done: false },
    { id: "draining", name, log: "", done: false },
    { id: "draining", name, log: "", done: true },
  ]);
});
