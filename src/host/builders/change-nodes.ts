import { clone, create } from "@bufbuild/protobuf";
import { invalidField } from "../../errors/typed-error.js";
import type { NodeConfig } from "../../gen/slipway/driver/v1/node_pb.js";
import {
  type BuilderRecord,
  BuilderRecordSchema,
  type ConfigForm,
} from "../../gen/slipway/state/v1/builder_record_pb.js";
import { type NodeSpec, NodeSpecSchema } from "../../gen/slipway/v1/builder_pb.js";
import { unknownNode } from "./builder-errors.js";
import { nodeName } from "./names.js";

/** The first free node name of the form <builder><number>. */
export function nextNodeName(builder: string, isTaken: (name: string) => boolean): string {
  for (let n = 0; ; n++) if (!isTaken(`${builder}${n}`)) return `${builder}${n}`;
}

/** The node with a name, or the only one for an empty name; NOT_FOUND, reason NODE_UNKNOWN. */
export function findNode(builder: BuilderRecord, given: string): NodeConfig {
  const { nodes } = builder;
  const found = given ? nodes.find(({ node }) => node === nodeName(given)) : nodes[0];
  if (!found) throw unknownNode(builder, given);
  if (given || nodes.length === 1) return found;
  const message = `Builder ${builder.name} has several nodes: ${nodes.map(({ node }) => node).join(", ")}.`;
  throw invalidField("node.name", "NODE_NAME_INVALID", message, "Name one of them.");
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
export function withNode(before: BuilderRecord, config: NodeConfig, form: ConfigForm): BuilderRecord {
  const builder = clone(BuilderRecordSchema, before);
  builder.forms[config.node] = form;
  const index = builder.nodes.findIndex((node) => node.node === config.node);
  const others = builder.nodes.filter((_node, i) => i !== index);
  const twin = config.endpoint && others.find((node) => node.endpoint === config.endpoint);
  if (twin) {
    const message = `Invalid duplicate endpoint ${config.endpoint}: node ${twin.node} already has it.`;
    const remedy = `Change node ${twin.node}, or use another endpoint.`;
    throw invalidField("node.endpoint", "ENDPOINT_DUPLICATE", message, remedy);
  }
  for (const other of others)
    other.platforms = other.platforms.filter((one) => !config.platforms.includes(one));
  if (index < 0) builder.nodes.push(config);
  else builder.nodes[index] = config;
  return builder;
}

/** The builder without a node. */
export function withoutNode(before: BuilderRecord, name: string): BuilderRecord {
  const builder = clone(BuilderRecordSchema, before);
  builder.nodes = builder.nodes.filter(({ node }) => node !== name);
  delete builder.forms[name];
  return builder;
}
