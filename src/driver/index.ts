/** The SDK for drivers: a driver is an object with its logic, and a plugin is one call of `serve`. */
export { timestampNow } from "@bufbuild/protobuf/wkt";
export { Code } from "@connectrpc/connect";
export { readTypedError, type TypedError } from "../errors/typed-error.js";
export {
  type DriverDescriptor,
  EndpointUse,
  type OptionDescriptor,
  OptionType,
} from "../gen/slipway/driver/v1/descriptor_pb.js";
export { type Diagnostic, DiagnosticSchema, Severity } from "../gen/slipway/driver/v1/diagnostic_pb.js";
export type { RegistryCredential } from "../gen/slipway/driver/v1/driver_pb.js";
export {
  type NodeConfig,
  NodeConfigSchema,
  NodeState,
  type NodeStatus,
} from "../gen/slipway/driver/v1/node_pb.js";
export type { BuildSpec } from "../gen/slipway/v1/build_spec_pb.js";
export { type TlsSettings, tlsOptions } from "../tls/tls-options.js";
export { forEachLimit } from "../util/for-each-limit.js";
export { clientPreface, isServerPreface } from "../util/http2-preface.js";
export { withPeriod } from "../util/with-period.js";
export { withTimeout } from "../util/with-timeout.js";
export type { Call, Progress, ProgressCall } from "./call.js";
export { type ConnectionFault, connectionFaultOf, connectionFaults } from "./connection-fault.js";
export { type DaemonFiles, placeDaemonFiles } from "./daemon-files.js";
export { completeDaemonFlags, configuredEntitlements } from "./daemon-flags.js";
export { buildDefaultsOf, defaultLoadOption } from "./default-load.js";
export type {
  AnyDriver,
  BootstrapCall,
  DialEndpoint,
  Driver,
  Environment,
  NativeDriver,
  NodeStatusInit,
} from "./driver.js";
export { driverError } from "./driver-error.js";
export type { PluginDefinition } from "./driver-service.js";
export { type Finding, finding, findingOf } from "./finding.js";
export type { ImageStore, LayerInit, StoreRef } from "./image-store.js";
export { type Log, type LogLevel, log } from "./log.js";
export {
  BuildFailed,
  type ContextFiles,
  type NativeBuild,
  type NativeBuildCall,
  type NativeBuilder,
} from "./native-build.js";
export { allFeatures, statusOrUnreachable, unreachable } from "./node-status.js";
export { openSocket } from "./open-socket.js";
export { formatDuration, parseBool, parseBytes, parseDuration, parseMap } from "./option-values.js";
export { type CheckedOptions, checkOptions } from "./options.js";
export { type ProgramFailure, ProgramStream } from "./program-stream.js";
export { serve } from "./serve.js";
export { type SshTarget, sshArguments } from "./ssh-command.js";
export { type CheckedNode, validateNode, verdict } from "./validate-node.js";
export { withoutUser } from "./without-user.js";
