// Succeeds without a start message.
import { serveWithFault } from "../conforming/serve-with-fault.js";

await serveWithFault({
  nativeService: () => ({
    async *build() {
      yield { message: { case: "result", value: {} } };
    },
  }),
});
