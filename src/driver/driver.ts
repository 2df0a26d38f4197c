import type { Duplex } from "node:stream";
import type { MessageInitShape } from "@bufbuild/protobuf";
import type { DriverDescriptorSchema } from "../gen/slipway/driver/v1/descriptor_pb.js";
import type {
  DialResponseSchema,
  ListImplicitBuildersResponseSchema,
  RegistryCredential,
  ValidateResponseSchema,
} from "../gen/slipway/driver/v1/driver_pb.js";
import type { NodeConfig, NodeStatusSchema } from "../gen/slipway/driver/v1/node_pb.js";
import type { Call, ProgressCall } from "./call.js";
import type { ImageStore } from "./image-store.js";
import type { NativeBuilder } from "./native-build.js";

/** Values of the user's environment, limited to DriverDescriptor.environment_variables. */
export type Environment = Record<string, string>;

/** State of a node; see slipway.driver.v1.NodeStatus. */
export type NodeStatusInit = MessageInitShape<typeof NodeStatusSchema>;

/** An endpoint that the host reaches without the plugin, in the form `{ case: "unix", value: { path } }`. */
export type DialEndpoint = NonNullable<MessageInitShape<typeof DialResponseSchema>["endpoint"]>;

/** What Bootstrap carries. */
export interface BootstrapCall extends ProgressCall {
  /** Logins for pulling images, by registry host. */
  credentials: Record<string, RegistryCredential>;
}

/**
 * What every driver has. The methods are DriverService's, without its plumbing: docs/driver-protocol.md says what
 * each must keep. Failures are thrown as `driverError(…)`; anything else that is thrown reaches the host as
 * INTERNAL (DRIVER_FAULT) with its message.
 *
 * Methods are called only as the descriptor's capabilities allow; the SDK refuses the rest with UNIMPLEMENTED.
 */
interface DriverBase {
  /** What the driver is. `name` is required. */
  descriptor: MessageInitShape<typeof DriverDescriptorSchema> & { name: string };
  /** Builders that exist without having been created. Goes with the capability "builders.implicit". */
  implicitBuilders?(
    environment: Environment,
    call: Call,
  ): Promise<MessageInitShape<typeof ListImplicitBuildersResponseSchema>>;
  /** Checks a configuration without touching the backend; `validateNode` does the generic part. */
  validate(
    config: NodeConfig,
    environment: Environment,
    call: Call,
  ): Promise<MessageInitShape<typeof ValidateResponseSchema>>;
  /** Makes the node run. */
  bootstrap(config: NodeConfig, call: BootstrapCall): Promise<NodeStatusInit>;
  /** Looks at the node as it is. */
  inspect(config: NodeConfig, call: Call): Promise<NodeStatusInit>;
  /** Ends the node's BuildKit and keeps its state. Goes with the capability "builders.stop". */
  stop?(config: NodeConfig, call: Call & { force: boolean }): Promise<NodeStatusInit>;
  /** Deletes what bootstrap created; returns what was removed or kept, by its name in the backend. */
  remove(
    config: NodeConfig,
    call: Call & { force: boolean; keepState: boolean; keepDaemon: boolean },
  ): Promise<string[]>;
  /** Where images live. Goes with the capability "image-store". */
  imageStore?: ImageStore;
}

/** One driver of a plugin: it knows where BuildKit is. */
export interface Driver extends DriverBase {
  /**
   * Opens one raw byte stream to the node's BuildKit; the SDK makes Dial and Tunnel of it. The signal covers only the
   * opening. The SDK owns the stream from then on: it half-closes it (`allowHalfOpen`) and destroys it.
   */
  connect(config: NodeConfig, call: Call & { affinityKey: string }): Promise<Duplex>;
  /** When the host can reach BuildKit without the plugin in between: the endpoint. Undefined means: use `connect`. */
  endpoint?(config: NodeConfig, call: Call): Promise<DialEndpoint | undefined>;
  nativeBuilder?: undefined;
}

/** One driver of a plugin that builds without BuildKit. Goes with the capability "build.native". */
export interface NativeDriver extends DriverBase {
  /** What builds. */
  nativeBuilder: NativeBuilder;
  connect?: undefined;
  endpoint?: undefined;
}

/** A driver of either kind. */
export type AnyDriver = Driver | NativeDriver;
