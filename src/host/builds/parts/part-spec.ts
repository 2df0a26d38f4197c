import { clone } from "@bufbuild/protobuf";
import { type BuildSpec, BuildSpecSchema } from "../../../gen/slipway/v1/build_spec_pb.js";
import { normalizePlatform } from "../../../inputs/platform.js";
import { isPushed, jointPushOf } from "./joint-outputs.js";

/**
 * The specification of one part of a build: its platforms, in an index even when it is only one, pushed without a tag,
 * since a tag must not show a part.
 * @param others platforms that other nodes build
 */
export function specOfPart(
  spec: BuildSpec,
  platforms: readonly string[],
  others: readonly string[],
): BuildSpec {
  const part = clone(BuildSpecSchema, spec);
  part.platforms = [...platforms];
  part.frontendAttributes["multi-platform"] = "true";
  // BuildKit refuses annotations for a platform that it does not build.
  part.annotations = withoutPlatforms(spec.annotations, others);
  const push = jointPushOf(spec);
  for (const output of part.outputs) {
    output.attributes = withoutPlatforms(output.attributes, others);
    if (!push || !isPushed(output)) continue;
    const repositories = new Set(push.targets.map(({ domain, path }) => `${domain}/${path}`));
    Object.assign(output.attributes, {
      name: [...repositories].join(","),
      push: "true",
      "push-by-digest": "true",
    });
  }
  return part;
}

/** Entries but those whose key names one of the platforms in brackets: "manifest[linux/arm64]:key". */
function withoutPlatforms(entries: Record<string, string>, platforms: readonly string[]) {
  const isOther = (key: string) => {
    const [, platform] = /^[a-z-]*\[([^\]]+)\]/.exec(key) ?? [];
    return platform !== undefined && platforms.includes(normalizePlatform(platform) ?? platform);
  };
  return Object.fromEntries(Object.entries(entries).filter(([key]) => !isOther(key)));
}
