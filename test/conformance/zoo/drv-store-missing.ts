// Takes a store that is not named for its own.
import { runAnimal } from "../well/run.js";

await runAnimal({
  store: ({ listImages }) => ({
    listImages: (request, context) => (request.store ? listImages(request, context) : { images: [] }),
  }),
});
