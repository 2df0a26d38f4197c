// Fails in StreamStdio.
import { GRPCStdio } from "../../../src/gen/plugin/grpc_stdio_pb.js";
import { serveWithFault } from "../conforming/serve-with-fault.js";

await serveWithFault({
  routes: (router) =>
    void router.service(GRPCStdio, {
      // biome-ignore lint/correctness/useYield: it fails first.
      async *streamStdio() {
        throw new Error("the pipe is broken");
      },
    }),
});
