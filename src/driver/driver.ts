import type { MessageInitShape } from "@bufbuild/protobuf";
import type { RegistryCredential } from "../gen/slipway/common/v1/credential_pb.js";
import type { DriverDescriptorSchema } from "../gen/slipway/driver/v1/descriptor_pb.js";
import type {
  ListImplicitBuildersResponseSchema,
  RemoveResponseSchema,
  UpgradeConfigResponseSchema,
  ValidateResponseSchema,
} from "../gen/slipway/driver/v1/driver_pb.js";
import type { NodeConfig, NodeStatusSchema } from "../gen/slipway/driver/v1/node_pb.js";
import type { Call, ProgressCall } from "./call.js";
import type { ImageStore } from "./image-store.js";
import type { Lease } from "./lease.js";
import type { NativeBuilder } from "./native-build.js";

/** Values of the user's environment, limited to DriverDescriptor.environment_variables. */
export type Environment = Record<string, string>;

/** State of a node; see slipway.driver.v1.NodeStatus. */
export type NodeStatusInit = MessageInitShape<typeof NodeStatusSchema>;
/** What a removal did; see slipway.driver.v1.RemoveResponse. */
export type RemovalInit = MessageInitShape<typeof RemoveResponseSchema>;

/** The call of Bootstrap. */
export interface BootstrapCall extends ProgressCall {
  /** Logins for pulling images, by registry host; those of the status's `imageRegistries`. */
  credentials: Record<string, RegistryCredential>;
}

/**
 * What every driver has. The methods are DriverService's; docs/driver-protocol.md has their rules. Failures are thrown
 * as `driverError(…)`; any other error reaches the host as INTERNAL (DRIVER_FAULT) with its message.
 *
 * The SDK calls a method only when the descriptor has its capability, and otherwise answers UNIMPLEMENTED.
 */
interface DriverBase {
  /** The driver's description. `name` is required. */
  descriptor: MessageInitShape<typeof DriverDescriptorSchema> & { name: string };
  /** All builders that nobody created; the SDK makes the pages. Requires the capability "builders.implicit". */
  implicitBuilders?(
    environment: Environment,
    call: Call,
  ): Promise<Omit<MessageInitShape<typeof ListImplicitBuildersResponseSchema>, "nextPageToken">>;
  /** Checks a configuration without using the backend; `validateNode` does the generic part. */
  validate(
    config: NodeConfig,
    environment: Environment,
    call: Call,
  ): Promise<MessageInitShape<typeof ValidateResponseSchema>>;
  /**
   * Brings a stored configuration from the normal form of an earlier version to one that `validate` accepts, without the
   * backend; the SDK then calls `validate`. Required when `descriptor.configVersion` is above 1. `fromVersion` is at
   * least 1 and below it. The diagnostics are what the user should know about the change.
   */
  upgradeConfig?(
    config: NodeConfig,
    fromVersion: number,
    call: Call,
  ): Promise<MessageInitShape<typeof UpgradeConfigResponseSchema>>;
  /** Starts the node. */
  bootstrap(config: NodeConfig, call: BootstrapCall): Promise<NodeStatusInit>;
  /** Reads the state of the node. */
  inspect(config: NodeConfig, call: Call): Promise<NodeStatusInit>;
  /** Stops the node's BuildKit and keeps its state. Requires the capability "builders.stop". */
  stop?(config: NodeConfig, call: Call & { force: boolean }): Promise<NodeStatusInit>;
  /** Deletes what bootstrap created; returns what was removed and what was kept, by its name in the backend. */
  remove(
    config: NodeConfig,
    call: Call & { force: boolean; keepState: boolean; keepDaemon: boolean },
  ): Promise<RemovalInit>;
  /** The image store. Requires the capability "image-store". */
  imageStore?: ImageStore;
}

/** A driver that connects to a BuildKit. */
export interface Driver extends DriverBase {
  /**
   * Leases the node's BuildKit: offers an endpoint, and resolves after the release. A driver that creates nothing for a
   * lease returns `lease.hold(endpoint)`. It rejects when BuildKit cannot be reached, and later when the lease is lost.
   */
  acquire(config: NodeConfig, lease: Lease): Promise<void>;
  nativeBuilder?: undefined;
}

/** A driver that builds without BuildKit. Requires the capability "build.native". */
export interface NativeDriver extends DriverBase {
  /** Runs the builds. */
  nativeBuilder: NativeBuilder;
  acquire?: undefined;
}

/** A driver of either kind. */
export type AnyDriver = Driver | NativeDriver;
