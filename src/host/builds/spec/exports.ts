import type { BuildSpec } from "../../../gen/slipway/build/v1/build_spec_pb.js";
import type { ImageStoreTarget, Output } from "../../../gen/slipway/build/v1/output_pb.js";
import type { BuildDefaults } from "../../../gen/slipway/driver/v1/node_pb.js";
import { annotationAttributes, isOfIndex } from "./annotations.js";
import { isFalse, isTrue } from "./booleans.js";
import type { Features } from "./features.js";
import { callOf } from "./frontend.js";
import { namesOf, splitNames } from "./image-names.js";

/** Where the files of an export go. */
export type Destination =
  /** BuildKit, or the engine it is in, keeps the result or pushes it. */
  | { readonly kind: "none" }
  /** One file on the host's machine. */
  | { readonly kind: "file"; readonly path: string }
  /** A folder on the host's machine. */
  | { readonly kind: "folder"; readonly path: string }
  /** A folder in OCI layout on the host's machine. */
  | { readonly kind: "layout"; readonly path: string }
  /** The client reads it. */
  | { readonly kind: "stream" }
  /** An image store of a plugin. */
  | { readonly kind: "image-store"; readonly target: ImageStoreTarget | undefined };

/** One exporter of a build. */
export interface Export {
  /** Index into the outputs of the specification; -1 for the default output. */
  readonly output: number;
  /** Type as this node's BuildKit knows it. */
  readonly type: string;
  readonly attributes: Attributes;
  readonly destination: Destination;
  /** Names to push through the image store afterwards, since this node's BuildKit cannot. */
  readonly pushAfterwards: readonly string[];
}

/** All exporters of a build. */
export interface Exports {
  readonly exports: readonly Export[];
  /** No output was requested and nothing is exported: the result stays in the build cache. */
  readonly cacheOnly: boolean;
}

type Attributes = Readonly<Record<string, string>>;

/** An output as the specification, or the node's default, requests it. */
type Requested = Pick<Export, "output" | "type" | "attributes" | "destination">;

/** Translates outputs into exporters; throws FEATURE_UNSUPPORTED for what the node cannot do. */
export function exportsOf(spec: BuildSpec, defaults: BuildDefaults | undefined, features: Features): Exports {
  if (callOf(spec)) return { exports: [], cacheOnly: false };
  const requested = requestedOutputs(spec, defaults);
  const exports = requested.map((output) => exportOf(output, spec, defaults, features));
  if (exports.length > 1) features.require("exporter.multiple", "spec.outputs[1]", "More than one output");
  return { exports, cacheOnly: spec.outputs.length === 0 && exports.length === 0 };
}

function requestedOutputs(spec: BuildSpec, defaults: BuildDefaults | undefined): Requested[] {
  if (spec.outputs.length === 0 && defaults?.loadByDefault) {
    const destination: Destination = { kind: "image-store", target: undefined };
    return [{ output: -1, type: "docker", attributes: {}, destination }];
  }
  return [...spec.outputs.entries()]
    .filter(([, { type }]) => type !== "cacheonly")
    .map(([index, output]) => ({
      output: index,
      type: output.type,
      attributes: output.attributes,
      destination: destinationOf(output),
    }));
}

function destinationOf({ type, attributes, destination }: Output): Destination {
  switch (destination.case) {
    case "path": {
      const path = destination.value;
      if (isFalse(attributes.tar)) return { kind: "layout", path };
      return { kind: type === "local" ? "folder" : "file", path };
    }
    case "stream":
      return { kind: "stream" };
    default:
      if (type !== "docker") return { kind: "none" };
      return { kind: "image-store", target: destination.value as ImageStoreTarget | undefined };
  }
}

function exportOf(
  { output, type, attributes: given, destination }: Requested,
  spec: BuildSpec,
  defaults: BuildDefaults | undefined,
  features: Features,
): Export {
  const field = `spec.outputs[${Math.max(output, 0)}]`;
  const attributes = imageTypes.has(type) ? imageAttributes(spec, given, features) : given;
  const exporter = (name: string, more: Partial<Export> = {}): Export => ({
    output,
    type: defaults?.exporterTypes[name] ?? name,
    attributes,
    destination,
    pushAfterwards: [],
    ...more,
  });

  switch (type) {
    case "registry":
    case "image": {
      const all = type === "registry" ? { push: "true", unpack: "false", ...attributes } : attributes;
      if (!isTrue(all.push) || features.has("push")) {
        features.require("exporter.image", field, `Output type ${type}`);
        return exporter("image", { attributes: all });
      }
      if (!defaults?.imageExporterLoads) features.require("push", field, "Pushing");
      if (isTrue(all["push-by-digest"])) features.require("push", field, "Pushing by digest");
      const { push: _push, unpack: _unpack, ...rest } = all;
      return exporter("image", { attributes: rest, pushAfterwards: splitNames(rest.name) });
    }
    case "docker":
      if (destination.kind === "image-store" && defaults?.imageExporterLoads && !destination.target?.driver) {
        features.require("exporter.image", field, "Loading into the image store");
        return exporter("image", { destination: { kind: "none" } });
      }
      if (destination.kind !== "image-store")
        features.require("exporter.docker", field, "Output type docker");
      return exporter("docker");
    case "oci":
      features.require("exporter.oci", field, "Output type oci");
      return exporter("oci");
    case "local":
      // The tar exporter writes the same files as a single stream, which a client can read.
      return exporter(destination.kind === "stream" ? "tar" : "local");
    default:
      return exporter(type);
  }
}

const imageTypes = new Set(["image", "registry", "docker", "oci"]);

/** Attributes of an exporter of images, with the image's names and annotations. */
function imageAttributes(spec: BuildSpec, given: Attributes, features: Features): Attributes {
  const onIndex = Object.keys(spec.annotations).find(isOfIndex);
  if (onIndex) {
    features.require("multi-platform", `spec.annotations[${onIndex}]`, "An annotation of an index");
  }
  const names = namesOf(spec, given);
  return { ...given, ...(names.length > 0 && { name: names.join(",") }), ...annotationAttributes(spec) };
}
