// Answers Shutdown, and stays.
import { GRPCController } from "../../../src/gen/plugin/grpc_controller_pb.js";
import { runAnimal } from "../well/run.js";

await runAnimal({ routes: (router) => void router.service(GRPCController, { shutdown: () => ({}) }) });
