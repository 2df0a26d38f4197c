import { isAbsolute, normalize } from "node:path/posix";
import type { BuildSpec } from "../../../gen/slipway/build/v1/build_spec_pb.js";
import type { Output } from "../../../gen/slipway/build/v1/output_pb.js";
import { attestationsWanted } from "./attestations.js";
import { isTrue } from "./booleans.js";
import { checkOutputAttributes } from "./output-attributes.js";
import type { Problems } from "./problems.js";

const outputTypes = ["image", "registry", "oci", "docker", "tar", "local", "cacheonly"];

/** Checks an output of a build. Messages that buildx has too are in its words. */
export function checkOutput(problems: Problems, field: string, output: Output, spec: BuildSpec): void {
  const { type, destination } = output;
  if (!outputTypes.includes(type)) {
    const message = `Unknown output type ${JSON.stringify(type)}.`;
    problems.add(`${field}.type`, "OUTPUT_TYPE_UNKNOWN", message, `Use one of ${outputTypes.join(", ")}.`);
    return;
  }
  checkDestination(problems, field, output);
  const pushes = type === "registry" || (type === "image" && isTrue(output.attributes.push));
  if (pushes && spec.tags.length === 0 && !output.attributes.name) {
    const message = "tag is needed when pushing to registry";
    // A push by digest needs a name too, but takes none with a tag.
    const [what, remedy] = isTrue(output.attributes["push-by-digest"])
      ? ["A push by digest needs the name of the repository.", "Give the attribute name=registry/repository."]
      : [message, "Give a tag with the registry's name."];
    problems.add(field, "TAG_MISSING", what, remedy);
  }
  checkOutputAttributes(problems, field, output, spec);
  checkMirror(problems, field, output, spec);
  const writesArchive = destination.case === "path" || destination.case === "stream";
  const hasSeveralManifests = spec.platforms.length > 1 || attestationsWanted(spec).length > 0;
  if (type === "docker" && writesArchive && hasSeveralManifests) {
    const message = "docker exporter does not support exporting manifest lists, use the oci exporter instead";
    const remedy = "Use type oci, or build one platform without attestations.";
    problems.add(field, "OUTPUT_MANIFEST_LIST", message, remedy);
  }
}

/** A build could make a link of the folder that mode=delete empties, if another output of it wrote around that folder. */
function checkMirror(problems: Problems, field: string, output: Output, { outputs }: BuildSpec): void {
  const { type, attributes, destination } = output;
  if (type !== "local" || attributes.mode !== "delete" || destination.case !== "path") return;
  const folder = normalize(`${destination.value}/`);
  const isShared = outputs.some((other) => {
    if (other === output || other.destination.case !== "path") return false;
    const path = normalize(`${other.destination.value}/`);
    return folder.startsWith(path) || path.startsWith(folder);
  });
  if (!isShared) return;
  const message = `The folder ${folder.slice(0, -1)} is emptied by mode=delete, and another output writes around or into it.`;
  problems.add(`${field}.attributes[mode]`, "ATTRIBUTES_CONFLICT", message, "Give folders that are apart.");
}

function checkDestination(problems: Problems, field: string, { type, destination }: Output): void {
  if (destination.case === "path" && !isAbsolute(destination.value)) {
    const message = `The output path ${JSON.stringify(destination.value)} is not absolute.`;
    problems.add(`${field}.path`, "PATH_NOT_ABSOLUTE", message);
  }
  const needsDestination = ["oci", "tar", "local"].includes(type);
  if (needsDestination && !destination.case) {
    const message = `Output type ${type} needs a destination.`;
    const remedy = "Give a path, or read the output as a stream.";
    problems.add(field, "OUTPUT_DESTINATION_MISSING", message, remedy);
  }
  const takesFiles = needsDestination || type === "docker";
  if (!takesFiles && (destination.case === "path" || destination.case === "stream")) {
    problems.add(field, "OUTPUT_DESTINATION_INVALID", `The output type ${type} writes no files.`);
  }
  if (destination.case === "imageStore" && type !== "docker") {
    const message = "Only the output type docker can be loaded into an image store.";
    problems.add(field, "OUTPUT_DESTINATION_INVALID", message);
  }
}
