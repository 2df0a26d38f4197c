import { create } from "@bufbuild/protobuf";
import { type PolicyFile, PolicyFileSchema } from "../../../gen/slipway/build/v1/build_spec_pb.js";
import { FileTooLarge, readFile } from "../../../inputs/files/read-file.js";
import { resolveLinks } from "../../../inputs/files/resolve-links.js";
import type { FileSource } from "../../../inputs/files/source.js";
import { maxPolicyBytes } from "../spec/check-policies.js";
import { inputError } from "./unreadable.js";

/**
 * The policy file beside a Dockerfile; undefined when there is none. Throws INVALID_ARGUMENT, reason POLICY_INVALID, for
 * one that cannot be read: whoever has written it relies on it.
 *
 * @param files of the Dockerfile's folder, or of the context
 * @param names of the Dockerfile: that of the request, and that of the file
 */
export async function findPolicyFile(
  files: FileSource,
  names: readonly string[],
): Promise<PolicyFile | undefined> {
  const candidates = [...new Set(names)].map((name) => `${name}.rego`);
  const entries = await files.stat(candidates);
  const name = candidates.find((_, index) => entries[index]);
  if (!name) return undefined;
  const content = await read(files, name).catch((cause: Error) => {
    const why =
      cause instanceof FileTooLarge ? cause.message : `The policy ${name} cannot be read: ${cause.message}`;
    throw inputError(
      "spec.policy",
      "POLICY_INVALID",
      why,
      "Remove the file, or set spec.policy.disabled to build without it.",
    );
  });
  return create(PolicyFileSchema, { name, content });
}

async function read(files: FileSource, name: string): Promise<Buffer> {
  const path = await resolveLinks(files, name);
  const content = path === undefined ? undefined : await readFile(files, path, maxPolicyBytes);
  if (!content) throw new Error("the link leads nowhere.");
  return content;
}
