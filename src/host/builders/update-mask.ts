import { create } from "@bufbuild/protobuf";
import { Code } from "@connectrpc/connect";
import { typedError } from "../../errors/typed-error.js";
import type { DriverDescriptor } from "../../gen/slipway/driver/v1/descriptor_pb.js";
import type { NodeConfig } from "../../gen/slipway/driver/v1/node_pb.js";
import { type NodeSpec, NodeSpecSchema } from "../../gen/slipway/v1/builder_pb.js";
import { isDeclaredBy } from "../nodes/remote-node.js";

/** The fields that can be changed, by their names in a mask. */
const fields = {
  endpoint: "endpoint",
  options: "options",
  daemon_flags: "daemonFlags",
  daemon_files: "daemonFiles",
  platforms: "platforms",
} as const;

/** What a path of a mask names: a field, or one entry of a field that is a map. */
type Target =
  | { field: (typeof fields)[keyof typeof fields]; key?: undefined }
  | { field: "options" | "daemonFiles"; key: string };

/**
 * The description of a node after an update: what the mask names has the given value, or none, and all else stays.
 * INVALID_ARGUMENT, reason UPDATE_MASK_INVALID, with each path that names nothing.
 */
export function updatedSpec(
  { endpoint, options, daemonFlags, daemonFiles, platforms }: NodeConfig,
  given: NodeSpec,
  paths: readonly string[],
  descriptor: DriverDescriptor,
): NodeSpec {
  const before = {
    endpoint,
    options: { ...options },
    daemonFlags,
    daemonFiles: { ...daemonFiles },
    platforms,
  };
  const spec = create(NodeSpecSchema, before);
  for (const { field, key } of targetsOf(paths, given, before, descriptor)) {
    if (key === undefined) Object.assign(spec, { [field]: given[field] });
    else if (Object.hasOwn(given[field], key)) Object.assign(spec[field], { [key]: given[field][key] });
    else delete spec[field][key];
  }
  return spec;
}

function targetsOf(
  paths: readonly string[],
  given: NodeSpec,
  before: Pick<NodeConfig, "options">,
  descriptor: DriverDescriptor,
): Target[] {
  const isKnown = (name: string) =>
    Object.hasOwn(given.options, name) ||
    Object.hasOwn(before.options, name) ||
    descriptor.options.some((option) => isDeclaredBy(option, name));
  const targets = paths.map(targetOf);
  const wrong = paths.flatMap((path, index) => {
    const target = targets[index];
    const isWrong =
      !target || (target.field === "options" && target.key !== undefined && !isKnown(target.key));
    return isWrong ? [{ path, index }] : [];
  });
  if (paths.length === 0 || wrong.length > 0) throw invalidMask(wrong);
  return targets as Target[];
}

/** Reads a path; undefined when it names nothing. */
function targetOf(path: string): Target | undefined {
  const [, name, escaped] = /^([a-z_]+)(?:\.(.+))?$/s.exec(path) ?? [];
  if (name === undefined || !Object.hasOwn(fields, name)) return undefined;
  const field = fields[name as keyof typeof fields];
  if (escaped === undefined) return { field };
  if (field !== "options" && field !== "daemonFiles") return undefined;
  try {
    return { field, key: decodeURIComponent(escaped) };
  } catch {
    return undefined;
  }
}

function invalidMask(wrong: { path: string; index: number }[]) {
  const reason = "UPDATE_MASK_INVALID";
  const remedy =
    "Use endpoint, options, options.<name>, daemon_flags, daemon_files, daemon_files.<path> and platforms.";
  const found =
    wrong.length === 0
      ? [{ field: "update_mask", message: "The mask names no field." }]
      : wrong.map(({ path, index }) => ({
          field: `update_mask.paths[${index}]`,
          message: `${JSON.stringify(path)} is nothing of a node that can be changed.`,
        }));
  return typedError({
    code: Code.InvalidArgument,
    reason,
    message: found.map(({ message }) => message).join(" "),
    remedy,
    fields: found.map((each) => ({ ...each, reason, remedy })),
  });
}
