// Says that it is not serving.
import { Health, HealthCheckResponse_ServingStatus } from "../../../src/gen/grpc/health/v1/health_pb.js";
import { runAnimal } from "../well/run.js";

const status = HealthCheckResponse_ServingStatus.NOT_SERVING;
await runAnimal({ routes: (router) => void router.service(Health, { check: () => ({ status }) }) });
