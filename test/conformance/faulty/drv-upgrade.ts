// Upgrades the configuration of a node to that of another one.
import { create } from "@bufbuild/protobuf";
import { UpgradeConfigResponseSchema } from "../../../src/gen/slipway/driver/v1/driver_pb.js";
import { serveWithFault } from "../conforming/serve-with-fault.js";

await serveWithFault({
  service: ({ upgradeConfig }) => ({
    async upgradeConfig(request, context) {
      const answer = create(UpgradeConfigResponseSchema, await upgradeConfig(request, context));
      answer.config!.node = "other";
      return answer;
    },
  }),
});
