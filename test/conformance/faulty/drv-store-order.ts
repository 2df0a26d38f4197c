// Takes any request for a part of the archive.
import { serveWithFault } from "../conforming/serve-with-fault.js";

await serveWithFault({
  store: () => ({
    async *loadImage(requests) {
      for await (const { event } of requests)
        if (event.case === "store")
          yield {
            event: { case: "transfer", value: { transport: { case: "stream", value: {} } } },
          };
      yield { event: { case: "loaded", value: { names: ["any:1"] } } };
    },
  }),
});
