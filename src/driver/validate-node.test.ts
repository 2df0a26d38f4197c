import { create } from "@bufbuild/protobuf";
import { expect, test } from "vitest";
import { EndpointUse } from "../gen/slipway/common/v1/endpoint_pb.js";
import { NodeConfigSchema } from "../gen/slipway/driver/v1/node_pb.js";
import { validateNode } from "./validate-node.js";

const description = "A buildkitd.";

test.each([
  [EndpointUse.REQUIRED, ["unix", "tcp"], "", "Set the endpoint, beginning with unix:// or tcp://."],
  [EndpointUse.REQUIRED, [], "", "Set the endpoint."],
  [EndpointUse.REQUIRED, ["unix", "tcp"], "ssh://host", "Begin it with unix:// or tcp://."],
  [EndpointUse.FORBIDDEN, [], "unix:///a", "Leave it out."],
])("the remedy for an endpoint says what to do (%#)", (use, schemes, endpoint, remedy) => {
  const config = create(NodeConfigSchema, { endpoint });
  const driver = { name: "farm", endpoint: { use, schemes, description } };
  expect(validateNode(driver, config).diagnostics).toMatchObject([{ field: "endpoint", remedy }]);
});
