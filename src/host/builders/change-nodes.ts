import { clone, create } from "@bufbuild/protobuf";
import { invalidField } from "../../errors/typed-error.js";
import type { NodeConfig } from "../../gen/slipway/driver/v1/node_pb.js";
import {
  type BuilderInstance,
  BuilderInstanceSchema,
  NodeSchema,
  type NodeSpec,
  NodeSpecSchema,
} from "../../gen/slipway/v1/builder_pb.js";

/** The first free node name of the form <builder><number>. */
export function nextNodeName(builder: string, isTaken: (name: string) => boolean): string {
  for (let n = 0; ; n++) if (!isTaken(`${builder}${n}`)) return `${builder}${n}`;
}

/** The spec of an existing node after a change: a given field replaces the former value, the others stay. */
export function changedSpec(config: NodeConfig, given: NodeSpec | undefined): NodeSpec {
  const { endpoint, options, daemonFlags, daemonFiles, platforms } = config;
  const spec = create(NodeSpecSchema, { endpoint, options, daemonFlags, daemonFiles, platforms });
  if (given?.endpoint) spec.endpoint = given.endpoint;
  if (given && Object.keys(given.options).length > 0) spec.options = given.options;
  if (given && given.daemonFlags.length > 0) spec.daemonFlags = given.daemonFlags;
  if (given && Object.keys(given.daemonFiles).length > 0) spec.daemonFiles = given.daemonFiles;
  if (given && given.platforms.length > 0) spec.platforms = given.platforms;
  return spec;
}

/**
 * The builder with the node added, or replaced when it exists. Its platforms are removed from the other nodes.
 * INVALID_ARGUMENT, reason ENDPOINT_DUPLICATE, when another node has the same endpoint.
 */
export function withNode(before: BuilderInstance, config: NodeConfig): BuilderInstance {
  const builder = clone(BuilderInstanceSchema, before);
  const index = builder.nodes.findIndex((node) => node.config?.node === config.node);
  const others = builder.nodes.filter((_node, i) => i !== index);
  const twin = config.endpoint && others.find((node) => node.config?.endpoint === config.endpoint);
  if (twin) {
    const message = `Invalid duplicate endpoint ${config.endpoint}: node ${twin.config?.node} already has it.`;
    const remedy = `Change node ${twin.config?.node}, or use another endpoint.`;
    throw invalidField("node.endpoint", "ENDPOINT_DUPLICATE", message, remedy);
  }
  for (const other of others) {
    if (!other.config) continue;
    other.config.platforms = other.config.platforms.filter((one) => !config.platforms.includes(one));
  }
  const node = create(NodeSchema, { config });
  if (index < 0) builder.nodes.push(node);
  else builder.nodes[index] = node;
  return builder;
}

/** The builder without a node. */
export function withoutNode(before: BuilderInstance, name: string): BuilderInstance {
  const builder = clone(BuilderInstanceSchema, before);
  builder.nodes = builder.nodes.filter(({ config }) => config?.node !== name);
  return builder;
}
