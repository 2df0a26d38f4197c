import { InputError } from "../errors/input-error.js";
import { digestPattern, familiarReference, parseReference, tagPattern } from "../image/reference.js";
import { type ContextUrl, parseContextUrl } from "./context-url.js";

/** Where a named context (`--build-context name=value`) comes from. */
export type NamedContextSource =
  /** An image that BuildKit pulls; `ref` may be `scratch`. */
  | { kind: "image"; ref: string }
  /**
   * An image in an OCI layout folder on this machine, by tag or digest; with neither it is `latest`, or the only image.
   */
  | { kind: "oci-layout"; path: string; tag?: string; digest?: string }
  /** An image of the local engine by name or id, in the notation of containers-transports(5). */
  | { kind: "stored-image"; name: string }
  /** Git or http. */
  | { kind: "url"; context: ContextUrl }
  /** A folder on this machine. */
  | { kind: "path"; path: string };

/** Parses `name=value`. The name is an image or stage in the Dockerfile; `alpine:latest` is `alpine`. */
export function parseNamedContext(text: string): { name: string; source: NamedContextSource } {
  const equals = text.indexOf("=");
  if (equals < 1) throw invalid(text, "it must have the form name=value");
  const name = namedContextName(text.slice(0, equals));
  return { name, source: parseNamedContextSource(name, text.slice(equals + 1)) };
}

/** The name in the form that the frontend looks up. Throws an {@link InputError} when it is not an image name. */
export function namedContextName(name: string): string {
  const reference = parseReference(name);
  if (reference === undefined) throw invalid(name, "its name must be an image name in lower case");
  return familiarReference(reference).replace(/:latest$/, "");
}

/** Parses the value of a named context. */
export function parseNamedContextSource(name: string, value: string): NamedContextSource {
  if (value === "") throw invalid(name, "it has no value");
  const image = /^docker-image:(?:\/\/)?(.*)$/s.exec(value)?.[1];
  if (image !== undefined) {
    if (image !== "scratch" && parseReference(image) === undefined)
      throw invalid(name, `${JSON.stringify(image)} is not an image reference`);
    return { kind: "image", ref: image };
  }
  const stored = /^docker-daemon:(?:\/\/)?(.*)$/s.exec(value)?.[1];
  if (stored !== undefined) {
    if (parseReference(stored) === undefined && !digestPattern.test(stored))
      throw invalid(name, `${JSON.stringify(stored)} is not the name or id of an image`);
    return { kind: "stored-image", name: stored };
  }
  const layout = /^oci-layout:\/\/(.*)$/s.exec(value)?.[1];
  if (layout !== undefined) return parseOciLayout(name, layout);
  if (value.startsWith("target:"))
    throw invalid(name, "target: names a target of a bake file, and this is not a bake build");
  const context = parseContextUrl(value, `build_contexts[${name}]`);
  return context === undefined ? { kind: "path", path: value } : { kind: "url", context };
}

// As in buildx, the text after the last @ or colon is part of the path unless it has the form of a digest or tag.
function parseOciLayout(name: string, text: string): NamedContextSource {
  let path = text;
  let digest: string | undefined;
  let tag: string | undefined;
  const at = path.lastIndexOf("@");
  if (at >= 0 && /^[\w.+-]+:[0-9a-fA-F]{32,}$/.test(path.slice(at + 1))) {
    digest = path.slice(at + 1);
    if (!digestPattern.test(digest)) throw invalid(name, `${JSON.stringify(digest)} is not a digest`);
    path = path.slice(0, at);
  }
  const colon = path.lastIndexOf(":");
  const drive = colon === 1 && /^[a-zA-Z]:[\\/]/.test(path);
  if (colon >= 0 && !drive && tagPattern.test(path.slice(colon + 1))) {
    tag = path.slice(colon + 1);
    path = path.slice(0, colon);
  }
  if (path === "") throw invalid(name, "it has no folder");
  return { kind: "oci-layout", path, tag, digest };
}

function invalid(name: string, why: string): InputError {
  return new InputError({
    reason: "NAMED_CONTEXT_INVALID",
    field: `build_contexts[${name}]`,
    message: `The build context ${JSON.stringify(name)} cannot be used: ${why}.`,
    remedy:
      "Write name=folder, name=docker-image://image, name=docker-daemon:image, name=oci-layout://folder:tag, or a git or http URL.",
  });
}
