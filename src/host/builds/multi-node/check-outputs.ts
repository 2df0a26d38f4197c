import type { BuildSpec } from "../../../gen/slipway/build/v1/build_spec_pb.js";
import type { Diagnostic } from "../../../gen/slipway/common/v1/diagnostic_pb.js";
import { isFalse } from "../spec/booleans.js";
import { unsupported } from "../spec/features.js";
import { isLayout, isPushed } from "../spec/outputs.js";
import { warning } from "../warning.js";

/** Throws FAILED_PRECONDITION, reason FEATURE_UNSUPPORTED, for outputs that cannot be merged from several nodes. */
export function requireMergeable({ outputs }: BuildSpec): void {
  const indexed = outputs.filter((output) => isPushed(output) || isLayout(output));
  for (const [index, output] of outputs.entries()) {
    const { type, attributes, destination } = output;
    const refuse = (attribute: string, what: string, remedy: string) => {
      const field = `spec.outputs[${index}]${attribute && `.attributes[${attribute}]`}`;
      return unsupported(field, `${what} cannot be made by several nodes.`, remedy);
    };
    const isTar = type === "tar" || (type === "local" && destination.case === "stream");
    if (isTar && isFalse(attributes["platform-split"]))
      throw refuse("platform-split", "A tar without a folder for each platform", "Leave out platform-split.");
    if (type === "local" && attributes.mode === "delete")
      throw refuse(
        "mode",
        "A folder with mode=delete",
        "Empty the folder beforehand, or build one platform.",
      );
    if (indexed.indexOf(output) > 0)
      throw refuse(
        "",
        "A second output that is pushed, or is a folder in OCI layout,",
        "Give all names to one output.",
      );
  }
}

/** Warnings about outputs and caches that differ from those of a single node. */
export function multiNodeWarnings({ outputs, cacheTo }: BuildSpec): Diagnostic[] {
  const kept = outputs.findIndex((output) => output.type === "image" && !isPushed(output));
  const shared = cacheTo.findIndex(({ type }) => type !== "inline");
  const imageSplit = warning(
    `spec.outputs[${kept}]`,
    "IMAGE_SPLIT",
    "Each node keeps the image of its own platforms.",
    "Push or load it to get one image of all platforms.",
  );
  const cacheOverwritten = warning(
    `spec.cache_to[${shared}]`,
    "CACHE_OVERWRITTEN",
    "Every node exports its cache to the same place; only the last one is kept.",
    "Use cache type inline, or build each platform with a separate cache.",
  );
  return [...(kept < 0 ? [] : [imageSplit]), ...(shared < 0 ? [] : [cacheOverwritten])];
}
