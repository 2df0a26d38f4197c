import { Code, ConnectError, type ConnectRouter } from "@connectrpc/connect";
import { Health, HealthCheckResponse_ServingStatus } from "../gen/grpc/health/v1/health_pb.js";
import { GRPCController } from "../gen/plugin/grpc_controller_pb.js";
import { GRPCStdio } from "../gen/plugin/grpc_stdio_pb.js";
import { healthServiceName } from "../plugin-protocol/connection.js";

/** Adds the services that go-plugin requires; without `shutdown` the peer cannot end the plugin. */
export function addPluginServices(router: ConnectRouter, shutdown?: () => void): void {
  router.service(Health, {
    check: ({ service }) => serving(service),
    async *watch({ service }, { signal }) {
      yield serving(service);
      await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
    },
  });
  router.service(
    GRPCController,
    shutdown
      ? {
          shutdown() {
            shutdown();
            return {};
          },
        }
      : {},
  );
  // UNIMPLEMENTED, which hosts accept: the plugin's output goes to its log.
  router.service(GRPCStdio, {});
}

function serving(service: string) {
  if (service !== "" && service !== healthServiceName) {
    throw new ConnectError(`This plugin has no service "${service}".`, Code.NotFound);
  }
  return { status: HealthCheckResponse_ServingStatus.SERVING };
}
