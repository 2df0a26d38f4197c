import { isAbsolute, normalize } from "node:path/posix";
import type { BuildSpec } from "../../../gen/slipway/build/v1/build_spec_pb.js";
import type { Context } from "../../../gen/slipway/build/v1/context_pb.js";
import { parseContextUrl } from "../../../inputs/context-url.js";
import { namedContextName } from "../../../inputs/named-context.js";
import type { Problems } from "./problems.js";

/** Maximum length of a context's URL, in characters: twice what web servers commonly take. */
const maxUrlLength = 16 * 1024;

/** Checks the contexts of a build: the main one and the named ones. */
export function checkContexts(problems: Problems, { context, namedContexts }: BuildSpec): void {
  checkContext(problems, "spec.context", context);
  for (const [name, named] of Object.entries(namedContexts)) {
    const field = `spec.named_contexts[${name}]`;
    problems.check(field, () => namedContextName(name));
    checkContext(problems, field, named, { isNamed: true });
  }
}

/** Checks where the Dockerfile of a build is. */
export function checkDockerfile(problems: Problems, { dockerfile, context }: BuildSpec): void {
  const source = dockerfile?.source;
  if (source?.case === "name") {
    const name = normalize(source.value);
    if (isAbsolute(name) || name === ".." || name.startsWith("../")) {
      const message = `The Dockerfile ${JSON.stringify(source.value)} is outside the context.`;
      const remedy = "Give it as dockerfile.path or dockerfile.content.";
      problems.add("spec.dockerfile.name", "DOCKERFILE_OUTSIDE_CONTEXT", message, remedy);
    }
  } else if (source?.case === "path" && !isAbsolute(source.value)) {
    const message = `The Dockerfile path ${JSON.stringify(source.value)} is not absolute.`;
    problems.add("spec.dockerfile.path", "PATH_NOT_ABSOLUTE", message);
  } else if (source?.case === undefined && context?.source.case === "empty") {
    const message = "An empty context has no Dockerfile.";
    problems.add("spec.dockerfile", "DOCKERFILE_MISSING", message, "Give dockerfile.content.");
  }
}

function checkContext(
  problems: Problems,
  field: string,
  context: Context | undefined,
  { isNamed = false } = {},
): void {
  const source = context?.source;
  switch (source?.case) {
    case undefined:
      problems.add(field, "CONTEXT_MISSING", "The context is missing.", "Give a path, an upload or a URL.");
      return;
    case "path": {
      if (isAbsolute(source.value)) return;
      const message = `The context path ${JSON.stringify(source.value)} is not absolute.`;
      problems.add(`${field}.path`, "PATH_NOT_ABSOLUTE", message);
      return;
    }
    case "url": {
      if (source.value.length > maxUrlLength) {
        const message = `The URL has ${source.value.length} characters, more than ${maxUrlLength}.`;
        problems.add(`${field}.url`, "CONTEXT_URL_INVALID", message, "Give a shorter URL.");
        return;
      }
      const url = problems.check(`${field}.url`, () => parseContextUrl(source.value) ?? false);
      if (url !== false) return;
      const message = `${JSON.stringify(source.value)} is neither a git nor an http(s) URL.`;
      problems.add(`${field}.url`, "CONTEXT_URL_INVALID", message, "Give a folder as path or upload.");
      return;
    }
    case "storedImage":
    case "image":
    case "ociLayout":
    case "target":
      if (!isNamed)
        problems.add(
          field,
          "CONTEXT_KIND_INVALID",
          "Only named contexts can be images, OCI layouts or targets.",
        );
      if (source.case === "storedImage" && !source.value.name)
        problems.add(`${field}.stored_image.name`, "IMAGE_NAME_MISSING", "The image has no name.");
  }
}
