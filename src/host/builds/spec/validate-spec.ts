import { isAbsolute, normalize } from "node:path/posix";
import type { BuildSpec, Context, Output } from "../../../gen/slipway/v1/build_spec_pb.js";
import { parseReference } from "../../../image/reference.js";
import { parseContextUrl } from "../../../inputs/context-url.js";
import { namedContextName } from "../../../inputs/named-context.js";
import { normalizePlatform } from "../../../inputs/platform.js";
import { validateSecret } from "../../../inputs/secret.js";
import { checkAnnotations } from "./annotations.js";
import { attestationsWanted, checkAttestations } from "./attestations.js";
import { isTrue } from "./booleans.js";
import { checkCache } from "./cache-attributes.js";
import { checkOutputAttributes } from "./output-attributes.js";
import { Problems } from "./problems.js";

const outputTypes = ["image", "registry", "oci", "docker", "tar", "local", "cacheonly"];
const networks = ["", "default", "none", "host"];
const calls = ["", "build", "check", "lint", "outline", "targets"];
const switchNetwork =
  'use "default", "none" or "host"; other networks belong to the builder, see its options';

/**
 * Checks all of a specification that can be checked without looking at a disk or a builder.
 *
 * Throws INVALID_ARGUMENT that lists every field at fault, under `spec.…`.
 */
export function validateSpec(spec: BuildSpec): void {
  const problems = new Problems();
  checkContext(problems, "spec.context", spec.context);
  for (const [name, context] of Object.entries(spec.namedContexts)) {
    const field = `spec.named_contexts[${name}]`;
    problems.check(field, () => namedContextName(name));
    checkContext(problems, field, context, { named: true });
  }
  checkDockerfile(problems, spec);
  spec.platforms.forEach((platform, index) => {
    if (normalizePlatform(platform)) return;
    const message = `unknown platform ${JSON.stringify(platform)}`;
    problems.add(
      `spec.platforms[${index}]`,
      "PLATFORM_UNKNOWN",
      message,
      'use os/arch[/variant], e.g. "linux/arm64"',
    );
  });
  spec.tags.forEach((tag, index) => {
    if (parseReference(tag)) return;
    const message = `invalid tag ${JSON.stringify(tag)}: invalid reference format`;
    problems.add(`spec.tags[${index}]`, "TAG_INVALID", message, "use [registry/]name[:tag] in lower case");
  });
  spec.secrets.forEach((secret, index) => {
    problems.check(`spec.secrets[${index}]`, () => validateSecret(secret.id, secret.value));
  });
  spec.ssh.forEach((forward, index) => {
    if (Boolean(forward.agentSocket) !== forward.keys.length > 0) return;
    const message = `SSH forward ${forward.id || "default"} needs either an agent's socket or keys`;
    problems.add(`spec.ssh[${index}]`, "SSH_SOURCE_INVALID", message);
  });
  if (!networks.includes(spec.network)) {
    problems.add(
      "spec.network",
      "NETWORK_UNKNOWN",
      `network mode ${JSON.stringify(spec.network)} is not supported`,
      switchNetwork,
    );
  }
  if (!calls.includes(spec.call)) {
    const message = `unknown call ${JSON.stringify(spec.call)}`;
    problems.add("spec.call", "CALL_UNKNOWN", message, 'use "build", "check", "outline" or "targets"');
  }
  for (const [index, output] of spec.outputs.entries())
    checkOutput(problems, `spec.outputs[${index}]`, output, spec);
  spec.cacheFrom.forEach((cache, index) => {
    checkCache(problems, "cache_from", `spec.cache_from[${index}]`, cache);
  });
  spec.cacheTo.forEach((cache, index) => {
    checkCache(problems, "cache_to", `spec.cache_to[${index}]`, cache);
  });
  checkAttestations(problems, spec);
  checkAnnotations(problems, spec);
  problems.throwIfAny();
}

function checkContext(
  problems: Problems,
  field: string,
  context: Context | undefined,
  { named = false } = {},
) {
  const source = context?.source;
  switch (source?.case) {
    case undefined:
      return problems.add(field, "CONTEXT_MISSING", "no context is given", "give a path, an upload or a URL");
    case "path":
      if (!isAbsolute(source.value)) {
        problems.add(
          `${field}.path`,
          "PATH_NOT_ABSOLUTE",
          `context path ${JSON.stringify(source.value)} is not absolute`,
        );
      }
      return;
    case "url":
      if (problems.check(`${field}.url`, () => parseContextUrl(source.value) ?? false) === false) {
        const message = `${JSON.stringify(source.value)} is neither a git nor an http(s) URL`;
        problems.add(`${field}.url`, "CONTEXT_URL_INVALID", message, "give a folder as path or upload");
      }
      return;
    case "storedImage":
    case "image":
    case "ociLayout":
      if (!named)
        problems.add(field, "CONTEXT_KIND_INVALID", "only named contexts can be images or OCI layouts");
      if (source.case === "storedImage" && !source.value.name)
        problems.add(`${field}.stored_image.name`, "IMAGE_NAME_MISSING", "no image is named");
  }
}

function checkDockerfile(problems: Problems, spec: BuildSpec) {
  const source = spec.dockerfile?.source;
  const remote = spec.context?.source.case === "url" || spec.context?.source.case === "empty";
  if (source?.case === "name") {
    const name = normalize(source.value);
    if (isAbsolute(name) || name === ".." || name.startsWith("../")) {
      const message = `Dockerfile ${JSON.stringify(source.value)} is outside the context`;
      problems.add(
        "spec.dockerfile.name",
        "DOCKERFILE_OUTSIDE_CONTEXT",
        message,
        "give it as dockerfile.path or dockerfile.content",
      );
    }
  } else if (source?.case === "path" && !isAbsolute(source.value)) {
    problems.add(
      "spec.dockerfile.path",
      "PATH_NOT_ABSOLUTE",
      `Dockerfile path ${JSON.stringify(source.value)} is not absolute`,
    );
  } else if (source?.case === undefined && remote && spec.context?.source.case === "empty") {
    problems.add(
      "spec.dockerfile",
      "DOCKERFILE_MISSING",
      "an empty context holds no Dockerfile",
      "give dockerfile.content",
    );
  }
}

function checkOutput(problems: Problems, field: string, output: Output, spec: BuildSpec) {
  if (!outputTypes.includes(output.type)) {
    const message = `unknown output type ${JSON.stringify(output.type)}`;
    return problems.add(
      `${field}.type`,
      "OUTPUT_TYPE_UNKNOWN",
      message,
      `use one of ${outputTypes.join(", ")}`,
    );
  }
  const { destination } = output;
  if (destination.case === "path" && !isAbsolute(destination.value)) {
    problems.add(
      `${field}.path`,
      "PATH_NOT_ABSOLUTE",
      `output path ${JSON.stringify(destination.value)} is not absolute`,
    );
  }
  const needsDestination = ["oci", "tar", "local"].includes(output.type);
  if (needsDestination && !destination.case) {
    const message = `dest is required for ${output.type} output`;
    problems.add(field, "OUTPUT_DESTINATION_MISSING", message, "give a path, or read it as a stream");
  }
  const takesFiles = needsDestination || output.type === "docker";
  if (!takesFiles && (destination.case === "path" || destination.case === "stream")) {
    problems.add(field, "OUTPUT_DESTINATION_INVALID", `output type ${output.type} writes no files`);
  }
  if (destination.case === "imageStore" && output.type !== "docker") {
    problems.add(
      field,
      "OUTPUT_DESTINATION_INVALID",
      "only output type docker can be loaded into an image store",
    );
  }
  const pushes = output.type === "registry" || (output.type === "image" && isTrue(output.attributes.push));
  if (pushes && spec.tags.length === 0 && !output.attributes.name) {
    problems.add(
      field,
      "TAG_MISSING",
      "tag is needed when pushing to registry",
      "give a tag with the registry's name",
    );
  }
  checkOutputAttributes(problems, field, output, spec);
  const writesArchive = destination.case === "path" || destination.case === "stream";
  const several = spec.platforms.length > 1 || attestationsWanted(spec).length > 0;
  if (output.type === "docker" && writesArchive && several) {
    problems.add(
      field,
      "OUTPUT_MANIFEST_LIST",
      "docker exporter does not support exporting manifest lists, use the oci exporter instead",
      "use type=oci, or build one platform without attestations",
    );
  }
}
