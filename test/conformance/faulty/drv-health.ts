// Reports NOT_SERVING.
import { Health, HealthCheckResponse_ServingStatus } from "../../../src/gen/grpc/health/v1/health_pb.js";
import { serveWithFault } from "../conforming/serve-with-fault.js";

const status = HealthCheckResponse_ServingStatus.NOT_SERVING;
await serveWithFault({ routes: (router) => void router.service(Health, { check: () => ({ status }) }) });
