// Answers Shutdown without ending.
import { GRPCController } from "../../../src/gen/plugin/grpc_controller_pb.js";
import { serveWithFault } from "../conforming/serve-with-fault.js";

await serveWithFault({ routes: (router) => void router.service(GRPCController, { shutdown: () => ({}) }) });
