import type { BuildSpec } from "../../../gen/slipway/v1/build_spec_pb.js";
import { normalizePlatform } from "../../../inputs/platform.js";
import type { Problems } from "./problems.js";

const levels = ["manifest", "index", "manifest-descriptor", "index-descriptor"];
const ofIndex = ["index", "index-descriptor"];

interface Annotation {
  /** "manifest", "index", …; empty if it was not said. */
  level: string;
  /** Of which platform's manifest; empty means of each. */
  platform: string;
  name: string;
}

/** Takes "index:key" or "manifest[linux/amd64]:key" apart. What stands before a colon and is no level belongs to the key. */
function parseAnnotation(key: string): Annotation {
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
        `annotation ${JSON.stringify(key)} has no name that can be used`,
        `write a name without spaces, after one of ${levels.map((known) => `${known}:`).join(", ")} if needed`,
      );
    }
    if (platform && !normalizePlatform(platform)) {
      problems.add(field, "PLATFORM_UNKNOWN", `unknown platform ${JSON.stringify(platform)}`);
    }
  }
}

/** Whether an annotation is on an index, which an image for one platform may not have. */
export function isOfIndex(key: string): boolean {
  return ofIndex.includes(parseAnnotation(key).level);
}

/** Annotations as attributes of BuildKit's image exporters: "index:key" becomes "annotation-index.key". */
export function annotationAttributes({ annotations }: BuildSpec): Record<string, string> {
  const entries = Object.entries(annotations).map(([key, value]) => {
    const { level, platform, name } = parseAnnotation(key);
    // An index has no platform; buildx takes one and does nothing with it.
    const of = platform && !ofIndex.includes(level) ? `[${platform}]` : "";
    return [`annotation${level && `-${level}`}${of}.${name}`, value] as const;
  });
  return Object.fromEntries(entries);
}
