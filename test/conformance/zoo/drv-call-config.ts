// Takes a missing configuration for an empty one.
import { create } from "@bufbuild/protobuf";
import { NodeConfigSchema } from "../../../src/driver/index.js";
import { runAnimal } from "../well/run.js";

await runAnimal({
  service: ({ inspect }) => ({
    inspect: (request, context) =>
      inspect({ ...request, config: request.config ?? create(NodeConfigSchema) }, context),
  }),
});
