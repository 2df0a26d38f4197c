import { constants } from "node:fs";
import { access, realpath, stat } from "node:fs/promises";
import { basename, dirname, join, sep } from "node:path";
import type { BuildSpec, PolicyFile } from "../../../gen/slipway/build/v1/build_spec_pb.js";
import { cleanPath } from "../../../inputs/files/clean-path.js";
import { folderSource } from "../../../inputs/files/folder-source.js";
import { memorySource } from "../../../inputs/files/memory-source.js";
import type { FileSource } from "../../../inputs/files/source.js";
import { findPolicyFile } from "./policy-file.js";
import { inputError, unreadableDockerfile } from "./unreadable.js";

/** The context of a build, as far as its Dockerfile may be in it. */
export interface DockerfileContext {
  /** Absent for a context that BuildKit fetches. */
  files?: FileSource;
  /** Real path of the folder, when it is on the host's machine. */
  root?: string;
  url?: string;
}

/**
 * Finds the Dockerfile: its name, and its folder unless it is in a context that BuildKit fetches; and the policy file
 * beside it, unless that is disabled.
 */
export async function openDockerfile(
  { dockerfile, policy }: BuildSpec,
  context: DockerfileContext,
): Promise<{ files?: FileSource; name: string; policyFile?: PolicyFile }> {
  const policyBeside = async (files: FileSource, ...names: string[]) =>
    policy?.disabled ? undefined : findPolicyFile(files, names);
  const source = dockerfile?.source;
  if (source?.case === "content")
    return { files: memorySource({ Dockerfile: source.value }), name: "Dockerfile" };
  if (source?.case === "path") {
    const file = await realPath("spec.dockerfile.path", source.value, source.value);
    await requireReadable("spec.dockerfile.path", file);
    const policyFile = await policyBeside(await folderSource(dirname(source.value)), basename(source.value));
    return { files: await folderSource(dirname(file)), name: basename(file), policyFile };
  }
  // Archives and remote contexts know no other form of a path.
  const name = cleanPath(source?.value || "Dockerfile");
  if (context.url || !context.files) return { name };
  const found = await findDockerfile(context.files, name);
  if (!found) {
    const message = `failed to read dockerfile: open ${name}: no such file or directory`;
    const remedy = "Give its path in spec.dockerfile, or another context.";
    throw inputError("spec.dockerfile.name", "DOCKERFILE_NOT_FOUND", message, remedy);
  }
  if (context.root) await requireInside(context.root, found);
  return { files: context.files, name: found, policyFile: await policyBeside(context.files, name, found) };
}

/** The Dockerfile's name in the context. As in docker, "dockerfile" is a fallback for "Dockerfile". */
async function findDockerfile(files: FileSource, name: string): Promise<string | undefined> {
  const names = basename(name) === "Dockerfile" ? [name, join(dirname(name), "dockerfile")] : [name];
  const entries = await files.stat(names);
  return names.find((_, index) => entries[index]);
}

/** Checks that a Dockerfile of a context can be read and, before that, that it is in the context's folder. */
async function requireInside(root: string, name: string): Promise<void> {
  const field = "spec.dockerfile.name";
  const file = await realPath(field, join(root, name), name);
  if (!file.startsWith(root.endsWith(sep) ? root : root + sep)) {
    const message = `failed to read dockerfile: ${name} is a symbolic link that leaves the context`;
    const remedy = "Give the file itself in spec.dockerfile.";
    throw inputError(field, "DOCKERFILE_OUTSIDE_CONTEXT", message, remedy);
  }
  await requireReadable(field, file);
}

/** @param name of the Dockerfile in messages */
async function realPath(field: string, path: string, name: string): Promise<string> {
  return realpath(path).catch((error) => {
    throw unreadableDockerfile(field, name, error);
  });
}

async function requireReadable(field: string, file: string): Promise<void> {
  await access(file, constants.R_OK).catch((error) => {
    throw unreadableDockerfile(field, file, error);
  });
  if ((await stat(file)).isFile()) return;
  throw inputError(field, "DOCKERFILE_NOT_A_FILE", `failed to read dockerfile: ${file} is not a file`);
}
