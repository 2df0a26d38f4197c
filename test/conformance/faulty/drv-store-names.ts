// Lists images by their short names.
import { create } from "@bufbuild/protobuf";
import { ListImagesResponseSchema } from "../../../src/gen/slipway/driver/v1/image_store_pb.js";
import { serveWithFault } from "../conforming/serve-with-fault.js";

await serveWithFault({
  store: ({ listImages }) => ({
    async listImages(request, context) {
      const answer = create(ListImagesResponseSchema, await listImages(request, context));
      for (const image of answer.images)
        image.names = image.names.map((name) => name.replace("docker.io/library/", ""));
      return answer;
    },
  }),
});
