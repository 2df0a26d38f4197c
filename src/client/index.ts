/** The client SDK: finds or starts a host, calls it, and uploads contexts. */
export { readTypedError, type TypedError } from "../errors/typed-error.js";
export { type BuildEvent, BuildState } from "../gen/slipway/v1/build_event_pb.js";
export { type Build, BuildService } from "../gen/slipway/v1/build_pb.js";
export { type BuildSpec, BuildSpecSchema } from "../gen/slipway/v1/build_spec_pb.js";
export { BuilderService } from "../gen/slipway/v1/builder_pb.js";
export { DriverService } from "../gen/slipway/v1/driver_pb.js";
export { HistoryService } from "../gen/slipway/v1/history_pb.js";
export { SystemService } from "../gen/slipway/v1/system_pb.js";
export { UploadService } from "../gen/slipway/v1/upload_pb.js";
export { type HostAddress, hostAddress } from "../host-address/address.js";
export { type BuildOptions, build, localContext } from "./build.js";
export { connectHost, type HostConnection } from "./connect.js";
export { ensureHost } from "./host-process.js";
export { type ConnectOptions, connect, type Slipway } from "./slipway.js";
export { uploadDirectory } from "./upload.js";
export { uploadTar } from "./upload-tar.js";
export { watchBuild } from "./watch-build.js";
