/** The client SDK: finds or starts a host, calls it, and uploads contexts. */
export { codeName, readTypedError, type TypedError } from "../errors/typed-error.js";
export { type BuildResult, BuildResultSchema } from "../gen/slipway/build/v1/build_result_pb.js";
export { type BuildSpec, BuildSpecSchema } from "../gen/slipway/build/v1/build_spec_pb.js";
export { BakeService } from "../gen/slipway/v1/bake_pb.js";
export {
  type BuildEvent,
  BuildEventSchema,
  BuildState,
  HoldReason,
} from "../gen/slipway/v1/build_event_pb.js";
export { type Build, BuildHold, BuildService } from "../gen/slipway/v1/build_pb.js";
export { BuildPolicyService } from "../gen/slipway/v1/build_policy_pb.js";
export { BuilderService } from "../gen/slipway/v1/builder_pb.js";
export { ContinueTo, DebugService } from "../gen/slipway/v1/debug_pb.js";
export { HistoryService } from "../gen/slipway/v1/history_pb.js";
export { HostService } from "../gen/slipway/v1/host_pb.js";
export { ImageService } from "../gen/slipway/v1/image_pb.js";
export { PluginService } from "../gen/slipway/v1/plugin_pb.js";
export { UploadService } from "../gen/slipway/v1/upload_pb.js";
export { type HostAddress, hostAddress } from "../host-address/address.js";
export { type BuildOptions, build, localContext } from "./build.js";
export { connectHost, type HostConnection } from "./connect.js";
export { exchangedTokens } from "./exchanged-tokens.js";
export { ensureHost } from "./host-process.js";
export { pages } from "./pages.js";
export { type ConnectOptions, connect, type Slipway } from "./slipway.js";
export { startBuild } from "./start-build.js";
export type { TokenSource } from "./token-source.js";
export { uploadFolder } from "./upload.js";
export { uploadTar } from "./upload-tar.js";
export { watchBuild } from "./watch-build.js";
