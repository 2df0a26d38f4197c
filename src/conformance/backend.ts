import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { EndpointUse } from "../gen/slipway/common/v1/endpoint_pb.js";
import type { DriverDescriptor } from "../gen/slipway/driver/v1/descriptor_pb.js";
import { type NodeConfig, NodeConfigSchema } from "../gen/slipway/driver/v1/node_pb.js";

/** An address without a listener. */
export const deadAddress = "tcp://127.0.0.1:1";

/** A node's configuration and the values of the driver's environment variables. */
export interface NodeInit {
  /** Missing names are filled in. */
  config: MessageInitShape<typeof NodeConfigSchema>;
  environment?: Record<string, string>;
}

/** A configuration in the normal form of an earlier version. */
export interface EarlierConfig {
  /** The driver's config_version at that time. */
  version: number;
  config: NodeConfig;
}

/** The backend for the checks that need one. */
export interface BackendInit extends NodeInit {
  /** Configurations that earlier versions of the driver made; missing names are filled in. None by default. */
  earlier?: { version: number; config: MessageInitShape<typeof NodeConfigSchema> }[];
  /**
   * A node whose backend cannot be reached. By default the configuration with an endpoint that has no listener, for
   * drivers that accept tcp:// or unix://.
   */
  unreachable?: NodeInit;
}

/** {@link NodeInit} with all fields. */
export interface Node {
  config: NodeConfig;
  environment: Record<string, string>;
}

/** {@link BackendInit} with all fields. */
export interface Backend extends Node {
  earlier: EarlierConfig[];
  unreachable?: Node;
}

/** Fills in the missing fields of a backend. */
export function toBackend({ unreachable, earlier = [], ...node }: BackendInit): Backend {
  return {
    ...toNode(node),
    earlier: earlier.map(({ version, config }) => ({ version, config: create(NodeConfigSchema, config) })),
    ...(unreachable && { unreachable: toNode(unreachable) }),
  };
}

function toNode({ config, environment = {} }: NodeInit): Node {
  return { config: create(NodeConfigSchema, config), environment };
}

/** Endpoints without a listener, by scheme. */
const deadEndpoints = { tcp: deadAddress, unix: "unix:///nonexistent/conformance.sock" };

/** An endpoint without a listener; undefined when the driver accepts none of the known schemes. */
export function deadEndpoint({ endpoint }: DriverDescriptor): string | undefined {
  if (endpoint?.use === EndpointUse.FORBIDDEN) return undefined;
  return Object.entries(deadEndpoints).find(([scheme]) => endpoint?.schemes.includes(scheme))?.[1];
}
