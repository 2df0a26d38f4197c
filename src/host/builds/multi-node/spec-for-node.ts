import type { BuildSpec } from "../../../gen/slipway/build/v1/build_spec_pb.js";
import type { Output } from "../../../gen/slipway/build/v1/output_pb.js";
import { normalizePlatform } from "../../../inputs/platform.js";
import { isPushed } from "../spec/outputs.js";
import { mergedPushOf } from "./merged-push.js";

/**
 * The specification for one of several nodes: its platforms, in an index even when it is only one, pushed without a
 * tag, since a tag must not show an incomplete image.
 * @param others platforms that other nodes build
 */
export function specForNode(
  spec: BuildSpec,
  platforms: readonly string[],
  others: readonly string[],
): BuildSpec {
  const push = mergedPushOf(spec);
  const repositories = new Set(push?.targets.map(({ domain, path }) => `${domain}/${path}`));
  const byDigest = { name: [...repositories].join(","), push: "true", "push-by-digest": "true" };
  const outputFor = (output: Output): Output => {
    const attributes = withoutPlatforms(output.attributes, others);
    return { ...output, attributes: isPushed(output) ? { ...attributes, ...byDigest } : attributes };
  };
  return {
    ...spec,
    platforms: [...platforms],
    frontendAttributes: { ...spec.frontendAttributes, "multi-platform": "true" },
    // BuildKit refuses annotations for a platform that it does not build.
    annotations: withoutPlatforms(spec.annotations, others),
    outputs: spec.outputs.map(outputFor),
  };
}

/** Leaves out entries whose key names one of the platforms in brackets: "manifest[linux/arm64]:key". */
function withoutPlatforms(entries: Record<string, string>, platforms: readonly string[]) {
  const isOther = (key: string) => {
    const [, platform] = /^[a-z-]*\[([^\]]+)\]/.exec(key) ?? [];
    return platform !== undefined && platforms.includes(normalizePlatform(platform) ?? platform);
  };
  return Object.fromEntries(Object.entries(entries).filter(([key]) => !isOther(key)));
}
