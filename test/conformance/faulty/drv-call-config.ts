// Treats a missing configuration as an empty one.
import { create } from "@bufbuild/protobuf";
import { NodeConfigSchema } from "../../../src/driver/index.js";
import { serveWithFault } from "../conforming/serve-with-fault.js";

await serveWithFault({
  service: ({ inspect }) => ({
    inspect: (request, context) =>
      inspect({ ...request, config: request.config ?? create(NodeConfigSchema) }, context),
  }),
});
