// Fails when it is asked for what it prints.
import { GRPCStdio } from "../../../src/gen/plugin/grpc_stdio_pb.js";
import { runAnimal } from "../well/run.js";

await runAnimal({
  routes: (router) =>
    void router.service(GRPCStdio, {
      // biome-ignore lint/correctness/useYield: it fails before.
      async *streamStdio() {
        throw new Error("the pipe is broken");
      },
    }),
});
