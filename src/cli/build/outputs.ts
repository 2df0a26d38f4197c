import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import { InputError } from "../../errors/input-error.js";
import { parseAttributes, parseCsvLine } from "../../inputs/parse-attributes.js";
import { isTrue } from "../values/is-true.js";
import { parseAllow } from "./allow.js";
import { refuseDeleting } from "./refuse-deleting.js";

/** One `--output`, with the local destination of its files. */
export interface OutputFlag {
  type: string;
  attributes: Record<string, string>;
  destination: OutputDestination;
}

/** Destination of the files of an output. */
export type OutputDestination =
  | { kind: "none" }
  | { kind: "stdout" }
  /** Absolute paths. */
  | { kind: "file"; path: string }
  | { kind: "folder"; path: string }
  /** Docker context or endpoint of an image store; empty for the default one. */
  | { kind: "image-store"; endpoint: string };

/** The flags that define outputs. */
export interface OutputFlags {
  output?: string[];
  load?: boolean;
  push?: boolean;
  iidfile?: string;
  allow?: string[];
}

/** Parses `--output`, `--load` and `--push`, and checks the destinations as buildx does. */
export async function parseOutputs(
  flags: OutputFlags,
  { env, stdoutIsTerminal }: { env: NodeJS.ProcessEnv; stdoutIsTerminal: boolean },
): Promise<OutputFlag[]> {
  const outputs = await Promise.all((flags.output ?? []).filter(Boolean).map(parseOutput));
  if (flags.push) addPush(outputs);
  if (flags.load && !outputs.some(({ destination }) => destination.kind === "image-store")) {
    outputs.push({ type: "docker", attributes: {}, destination: { kind: "image-store", endpoint: "" } });
  }
  if (isTrue(env.BUILDX_NO_DEFAULT_OCI_ARTIFACT)) {
    for (const { type, attributes } of outputs) {
      if (["image", "registry", "oci"].includes(type)) attributes["oci-artifact"] ??= "false";
    }
  }
  // Without an output, some builders load the image.
  if (outputs.length === 0 && isTrue(env.BUILDX_NO_DEFAULT_LOAD)) {
    return [{ type: "cacheonly", attributes: {}, destination: { kind: "none" } }];
  }

  const toStdout = outputs.filter(({ destination }) => destination.kind === "stdout");
  if (toStdout.length > 1)
    throw invalid("multiple outputs configured to write to stdout", "Give a file for one of them.");
  if (toStdout.length > 0 && stdoutIsTerminal) {
    const { type } = toStdout[0]!;
    throw invalid(
      `dest file is required for ${type} exporter. refusing to write to console`,
      "Add dest=FILE, or redirect stdout.",
    );
  }
  if (flags.iidfile && outputs.some(({ type }) => type === "local" || type === "tar")) {
    throw invalid("local and tar exporters are incompatible with image ID file", "Omit --iidfile.");
  }
  const { deleting } = parseAllow(flags.allow);
  for (const { type, attributes, destination } of outputs) {
    const isMirror = type === "local" && attributes.mode === "delete" && destination.kind === "folder";
    if (isMirror && !deleting) await refuseDeleting(destination.path);
  }
  return outputs;
}

function addPush(outputs: OutputFlag[]): void {
  const images = outputs.filter(({ type }) => type === "image" || type === "registry");
  for (const { attributes } of images) {
    attributes.push = "true";
    attributes.unpack ??= "false";
  }
  if (images.length === 0) outputs.push({ type: "registry", attributes: {}, destination: { kind: "none" } });
}

async function parseOutput(text: string): Promise<OutputFlag> {
  // A single word without a type is a folder, or stdout.
  const isPath = !text.startsWith("type=") && parseCsvLine(text)[0] === text;
  const given = isPath
    ? { type: text === "-" ? "tar" : "local", dest: text }
    : Object.fromEntries(parseAttributes(text, "--output"));
  const { type, dest = "", ...attributes } = given as Record<string, string>;
  if (!type) throw invalid("type is required for output", "Write type=local,dest=… or another type.");
  return { type, attributes, destination: await destinationOf(type, dest, attributes) };
}

async function destinationOf(
  type: string,
  dest: string,
  attributes: Record<string, string>,
): Promise<OutputDestination> {
  const archive = type === "oci" || type === "docker";
  if (type === "local" || (archive && attributes.tar && !isTrue(attributes.tar))) {
    if (!dest) throw invalid(`dest is required for ${type} exporter`, "Add dest=FOLDER.");
    if (dest === "-")
      throw invalid(`dest cannot be stdout for ${type} exporter`, "Use type=tar for a stream.");
    if (await isKind(dest, "file"))
      throw invalid(`destination directory ${dest} is a file`, "Name a folder.");
    return { kind: "folder", path: resolve(dest) };
  }
  if (type !== "tar" && !archive) return { kind: "none" };
  if (!dest && type === "docker") {
    const endpoint = attributes.context ?? "";
    delete attributes.context;
    return { kind: "image-store", endpoint };
  }
  if (!dest || dest === "-") return { kind: "stdout" };
  if (await isKind(dest, "folder")) throw invalid(`destination file ${dest} is a directory`, "Name a file.");
  return { kind: "file", path: resolve(dest) };
}

async function isKind(path: string, kind: "file" | "folder"): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory() === (kind === "folder");
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === "ENOENT") return false;
    throw invalid(`invalid destination ${path}: ${message}`, "Name another destination.");
  }
}

function invalid(message: string, remedy: string): InputError {
  return new InputError({ reason: "OUTPUT_INVALID", field: "--output", message, remedy });
}
