import type { BuildDefaults } from "../../../gen/slipway/driver/v1/node_pb.js";
import type { BuildSpec, ImageStoreTarget, Output } from "../../../gen/slipway/v1/build_spec_pb.js";
import { annotationAttributes, isOfIndex } from "./annotations.js";
import { isTrue } from "./booleans.js";
import type { Features } from "./features.js";
import { callOf } from "./frontend.js";

/** Where the files of an export go. */
export type Destination =
  /** BuildKit or its engine keeps the result, or pushes it. */
  | { kind: "none" }
  /** One file on the host's machine. */
  | { kind: "file"; path: string }
  /** A folder on the host's machine. */
  | { kind: "directory"; path: string }
  /** A folder in OCI layout on the host's machine. */
  | { kind: "layout"; path: string }
  /** The client reads it. */
  | { kind: "stream" }
  /** An image store of a plugin. */
  | { kind: "image-store"; target: ImageStoreTarget | undefined };

/** One exporter of a build. */
export interface Export {
  /** Index into the outputs of the specification; -1 for an output that nobody asked for. */
  output: number;
  /** Type as BuildKit of that node knows it. */
  type: string;
  attributes: Record<string, string>;
  destination: Destination;
  /** Names to push through the image store afterwards, since BuildKit of that node cannot. */
  pushAfterwards: string[];
}

/** All exporters of a build. */
export interface Exports {
  exports: Export[];
  /** Nothing was asked for and nothing is exported: the result stays in the cache. */
  cacheOnly: boolean;
}

/** Phrases outputs as exporters; throws FEATURE_UNSUPPORTED for what the node cannot do. */
export function exportsOf(spec: BuildSpec, defaults: BuildDefaults | undefined, features: Features): Exports {
  if (callOf(spec)) return { exports: [], cacheOnly: false };
  if (spec.outputs.length === 0) {
    if (!defaults?.loadByDefault) return { exports: [], cacheOnly: true };
    const destination: Destination = { kind: "image-store", target: undefined };
    return { exports: [phrase(spec, -1, "docker", {}, destination, defaults, features)], cacheOnly: false };
  }
  const exports = spec.outputs.flatMap((output, index) => {
    if (output.type === "cacheonly") return [];
    return [phrase(spec, index, output.type, output.attributes, destinationOf(output), defaults, features)];
  });
  if (exports.length > 1) features.require("exporter.multiple", "spec.outputs[1]", "more than one output");
  return { exports, cacheOnly: false };
}

/**
 * The names of an output's image: tags go before its own, as in buildx; but what is pushed by digest cannot have one.
 */
export function namesOf(spec: BuildSpec, attributes: Record<string, string>): string[] {
  const own = (attributes.name ?? "").split(",").filter(Boolean);
  const keepsOwn = own.length > 0 && isTrue(attributes["push-by-digest"]);
  return spec.tags.length > 0 && !keepsOwn ? spec.tags : own;
}

function destinationOf(output: Output): Destination {
  const { destination } = output;
  switch (destination.case) {
    case "path": {
      const path = destination.value;
      const { tar } = output.attributes;
      if (tar !== undefined && !isTrue(tar)) return { kind: "layout", path };
      return { kind: output.type === "local" ? "directory" : "file", path };
    }
    case "stream":
      return { kind: "stream" };
    default:
      if (output.type !== "docker") return { kind: "none" };
      return { kind: "image-store", target: destination.value as ImageStoreTarget | undefined };
  }
}

function phrase(
  spec: BuildSpec,
  output: number,
  type: string,
  given: Record<string, string>,
  destination: Destination,
  defaults: BuildDefaults | undefined,
  features: Features,
): Export {
  const field = `spec.outputs[${Math.max(output, 0)}]`;
  const attributes = { ...given };
  const isImage = ["image", "registry", "docker", "oci"].includes(type);
  const names = namesOf(spec, attributes);
  if (isImage && names.length > 0) attributes.name = names.join(",");
  Object.assign(attributes, isImage ? annotationAttributes(spec) : {});
  const onIndex = Object.keys(spec.annotations).find(isOfIndex);
  if (isImage && onIndex) {
    features.require("multi-platform", `spec.annotations[${onIndex}]`, "an annotation of an index");
  }
  const send = (exporter: string, to: Destination = destination, pushAfterwards: string[] = []): Export => ({
    output,
    type: defaults?.exporterTypes[exporter] ?? exporter,
    attributes,
    destination: to,
    pushAfterwards,
  });

  switch (type) {
    case "registry":
    case "image": {
      if (type === "registry") {
        attributes.push ??= "true";
        attributes.unpack ??= "false";
      }
      if (!isTrue(attributes.push) || features.has("push")) {
        features.require("exporter.image", field, `output type ${type}`);
        return send("image");
      }
      if (!defaults?.imageExporterLoads) features.require("push", field, "pushing");
      if (isTrue(attributes["push-by-digest"])) features.require("push", field, "pushing by digest");
      const { push: _push, unpack: _unpack, ...rest } = attributes;
      const names = (attributes.name ?? "").split(",").filter(Boolean);
      return { ...send("image", destination, names), attributes: rest };
    }
    case "docker":
      if (destination.kind === "image-store" && defaults?.imageExporterLoads && !destination.target?.driver) {
        features.require("exporter.image", field, "loading into the image store");
        return send("image", { kind: "none" });
      }
      if (destination.kind !== "image-store")
        features.require("exporter.docker", field, "output type docker");
      return send("docker");
    case "oci":
      features.require("exporter.oci", field, "output type oci");
      return send("oci");
    case "local":
      // BuildKit's tar exporter writes the same files, as the one stream that a client can read.
      return send(destination.kind === "stream" ? "tar" : "local");
    default:
      return send(type);
  }
}
