/** The SDK for drivers: a driver is an object with its logic, and a plugin is one call of `serve`. */
export { timestampNow } from "@bufbuild/protobuf/wkt";
export { Code } from "@connectrpc/connect";
export { readTypedError, type TypedError } from "../errors/typed-error.js";
export type { BuildSpec } from "../gen/slipway/build/v1/build_spec_pb.js";
export type { RegistryCredential } from "../gen/slipway/common/v1/credential_pb.js";
export { type Diagnostic, DiagnosticSchema, Severity } from "../gen/slipway/common/v1/diagnostic_pb.js";
export { EndpointUse } from "../gen/slipway/common/v1/endpoint_pb.js";
export { NodeState } from "../gen/slipway/common/v1/node_state_pb.js";
export { type OptionDescriptor, OptionType } from "../gen/slipway/common/v1/option_pb.js";
export type { DriverDescriptor } from "../gen/slipway/driver/v1/descriptor_pb.js";
export { type LeaseContext, LeasePurpose } from "../gen/slipway/driver/v1/driver_pb.js";
export { type NodeConfig, NodeConfigSchema, type NodeStatus } from "../gen/slipway/driver/v1/node_pb.js";
export type {
  Decision,
  EvaluateRequest,
  EvaluateResponse,
  Source,
} from "../gen/slipway/policy/v1/policy_pb.js";
export { type ImageReference, parseReference } from "../image/reference.js";
export { clientPreface, isServerPreface } from "../network/http2-preface.js";
export { isObject } from "../plugin-protocol/field-reader.js";
export { type TlsSettings, tlsOptions } from "../tls/tls-options.js";
export { forEachLimit } from "../util/for-each-limit.js";
export { withPeriod } from "../util/with-period.js";
export { withTimeout } from "../util/with-timeout.js";
export { allowedLookup } from "./allowed-lookup.js";
export type { Call, Progress, ProgressCall } from "./call.js";
export { type ConnectionFault, connectionFaultOf, connectionFaults } from "./connection-fault.js";
export { type DaemonFiles, placeDaemonFiles } from "./daemon-files.js";
export { completeDaemonFlags, configuredEntitlements } from "./daemon-flags.js";
export { buildDefaultsOf, defaultLoadOption } from "./default-load.js";
export type {
  AnyDriver,
  BootstrapCall,
  Driver,
  Environment,
  NativeDriver,
  NodeStatusInit,
  RemovalInit,
} from "./driver.js";
export { driverError } from "./driver-error.js";
export type { PluginDefinition } from "./driver-service.js";
export { type Finding, type FindingTexts, finding, findingOf, withTexts } from "./finding.js";
export {
  type ArchiveAnswer,
  type ArchiveRequest,
  type DirectEndpoint,
  type ReceivedArchive,
  type SentArchive,
  TransferBroken,
} from "./image-archive.js";
export type { ImageStore, LayerInit, StoreRef } from "./image-store.js";
export type { Draining, Lease, LeaseAddress, LeaseEndpoint } from "./lease.js";
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
export type { PolicyEngine } from "./policies.js";
export { type ProgramFailure, ProgramStream } from "./program-stream.js";
export { serve } from "./serve.js";
export { type SshTarget, sshArguments } from "./ssh-command.js";
export { type CheckedNode, validateNode, verdict } from "./validate-node.js";
export { withoutUser } from "./without-user.js";
