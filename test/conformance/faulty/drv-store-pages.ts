// Has one page of images, whatever the request says.
import { serveWithFault } from "../conforming/serve-with-fault.js";

await serveWithFault({
  store: ({ listImages }) => ({
    listImages: (request, context) => listImages({ ...request, pageSize: 0, pageToken: "" }, context),
  }),
});
