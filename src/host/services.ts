import type { ConnectRouter } from "@connectrpc/connect";
import { AuthService } from "../gen/slipway/v1/auth_pb.js";
import { BakeService } from "../gen/slipway/v1/bake_pb.js";
import { BuildService } from "../gen/slipway/v1/build_pb.js";
import { BuildPolicyService } from "../gen/slipway/v1/build_policy_pb.js";
import { BuilderService } from "../gen/slipway/v1/builder_pb.js";
import { DebugService } from "../gen/slipway/v1/debug_pb.js";
import { HistoryService } from "../gen/slipway/v1/history_pb.js";
import { HostService } from "../gen/slipway/v1/host_pb.js";
import { ImageService } from "../gen/slipway/v1/image_pb.js";
import { PluginService } from "../gen/slipway/v1/plugin_pb.js";
import { UploadService } from "../gen/slipway/v1/upload_pb.js";
import { RepeatedRequests } from "../requests/repeated-requests.js";
import { authService } from "./api/auth-service.js";
import { bakeService } from "./api/bake-service.js";
import { buildPolicyService } from "./api/build-policy-service.js";
import { buildService } from "./api/build-service.js";
import { builderService } from "./api/builder-service.js";
import { debugService } from "./api/debug-service.js";
import { forwardCalls } from "./api/forward-calls.js";
import { historyService } from "./api/history-service.js";
import { type HostServiceOptions, hostService } from "./api/host-service.js";
import { imageService } from "./api/image-service.js";
import { Negotiation } from "./api/negotiation.js";
import { pluginService } from "./api/plugin-service.js";
import { serveMethods } from "./api/serve-methods.js";
import { uploadService } from "./api/upload-service.js";
import { Builders } from "./builders/builders.js";
import { History } from "./history/history.js";
import type { HostParts } from "./host-parts.js";
import { PluginInstaller } from "./plugins/install/plugin-installer.js";

/** What the services ask of the host itself. */
export type HostCalls = Pick<HostServiceOptions, "onNewerClient" | "diagnose" | "shutdown">;

/** Adds the services of `slipway.v1` to a server. */
export function addServices(router: ConnectRouter, parts: HostParts, calls: HostCalls): void {
  const { builds, uploads, limits, plugins, installation, registry, nodes, usages, store, identities, log } =
    parts;
  const negotiation = new Negotiation({ builds, uploads, limits, plugins });
  const repeated = new RepeatedRequests();
  serveMethods(router, HostService, hostService({ builds, negotiation, ...calls }));
  serveMethods(router, AuthService, authService(identities));
  serveMethods(
    router,
    PluginService,
    pluginService(plugins, new PluginInstaller(plugins, installation), repeated),
  );
  serveMethods(
    router,
    BuilderService,
    builderService(new Builders({ plugins, registry, nodes, usages, log }), repeated),
  );
  const { peers } = parts.peers ?? {};
  serveMethods(router, BuildService, forwardCalls(BuildService, buildService(builds, negotiation), peers));
  serveMethods(router, DebugService, forwardCalls(DebugService, debugService(builds), peers));
  serveMethods(router, ImageService, imageService());
  serveMethods(router, BakeService, bakeService(builds, negotiation, repeated, limits));
  serveMethods(router, BuildPolicyService, buildPolicyService(builds));
  serveMethods(router, HistoryService, historyService(new History(registry, nodes, store)));
  serveMethods(router, UploadService, uploadService(uploads));
}
