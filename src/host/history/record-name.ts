import { join } from "node:path/posix";

/** Derives a build's name from its frontend attributes, with buildx's rules; empty when they contain none. */
export function recordName(attributes: Record<string, string>): string {
  const given = attributes["build-arg:BUILDKIT_BUILD_NAME"];
  if (given) return given;
  const { target, filename = "", "vcs:source": source = "" } = attributes;
  const context = attributes.context ?? withoutDot(attributes["vcs:localdir:context"]);
  const folder = withoutDot(attributes["vcs:localdir:dockerfile"]);
  const dockerfile = join(folder, filename === "Dockerfile" ? "" : filename);
  const what = context || withoutDot(dockerfile);
  if (target) return what ? `${what} (${target})` : target;
  return what || source;
}

function withoutDot(path = ""): string {
  return path === "." ? "" : path;
}
