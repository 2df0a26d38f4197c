// Treats a missing store as an empty one.
import { serveWithFault } from "../conforming/serve-with-fault.js";

await serveWithFault({
  store: ({ listImages }) => ({
    listImages: (request, context) => (request.store ? listImages(request, context) : { images: [] }),
  }),
});
