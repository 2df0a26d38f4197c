import type { BuildSpec } from "../../../gen/slipway/build/v1/build_spec_pb.js";
import { normalizePlatform } from "../../../inputs/platform.js";
import type { Problems } from "./problems.js";

const levels = ["manifest", "index", "manifest-descriptor", "index-descriptor"];
const ofIndex = ["index", "index-descriptor"];

/** An annotation with what its key says. */
export interface Annotation {
  /** "manifest", "index", …; empty when the key has none. */
  level: string;
  /** The platform of the manifest; empty for all platforms. */
  platform: string;
  name: string;
}

/** Parses "index:key" or "manifest[linux/amd64]:key". A prefix that is not a level is part of the key. */
export function parseAnnotation(key: string): Annotation {
  const [, level = "", platform = "", name = key] =
    /^(manifest|index|manifest-descriptor|index-descriptor)(?:\[([^\]]*)\])?:(.*)$/s.exec(key) ?? [];
  return { level, platform, name };
}

/** Checks the annotations of a build. */
export function checkAnnotations(problems: Problems, { annotations }: BuildSpec): void {
  for (const key of Object.keys(annotations)) {
    const field = `spec.annotations[${key}]`;
    const { platform, name } = parseAnnotation(key);
    if (!name || /\s/.test(name)) {
      problems.add(
        field,
        "ANNOTATION_INVALID",
        `Annotation ${JSON.stringify(key)} has no valid name.`,
        `Write a name without spaces, optionally after one of ${levels.map((known) => `${known}:`).join(", ")}.`,
      );
    }
    if (platform && !normalizePlatform(platform)) {
      problems.add(field, "PLATFORM_UNKNOWN", `Unknown platform ${JSON.stringify(platform)}.`);
    }
  }
}

/** Whether an annotation is for an index, which an image for one platform may lack. */
export function isOfIndex(key: string): boolean {
  return ofIndex.includes(parseAnnotation(key).level);
}

/** Annotations as attributes of BuildKit's image exporters: "index:key" becomes "annotation-index.key". */
export function annotationAttributes({ annotations }: BuildSpec): Record<string, string> {
  const entries = Object.entries(annotations).map(([key, value]) => {
    const { level, platform, name } = parseAnnotation(key);
    // An index has no platform; buildx accepts one and ignores it.
    const of = platform && !ofIndex.includes(level) ? `[${platform}]` : "";
    return [`annotation${level && `-${level}`}${of}.${name}`, value] as const;
  });
  return Object.fromEntries(entries);
}
