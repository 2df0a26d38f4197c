import { create } from "@bufbuild/protobuf";
import {
  type BuildSpec,
  type Policy,
  type PolicyFile,
  PolicyFileSchema,
  PolicySchema,
} from "../../../gen/slipway/build/v1/build_spec_pb.js";
import { cleanPath } from "../../../inputs/files/clean-path.js";
import { FileTooLarge, readFile } from "../../../inputs/files/read-file.js";
import { resolveLinks } from "../../../inputs/files/resolve-links.js";
import type { FileSource } from "../../../inputs/files/source.js";
import { maxPolicyBytes } from "../spec/check-policies.js";
import { fetchedContext } from "./fetched-context.js";
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
    const remedy = "Remove the file, or set spec.policy.disabled to build without it.";
    throw inputError("spec.policy", "POLICY_INVALID", unreadable(name, cause), remedy);
  });
  return create(PolicyFileSchema, { name, content });
}

/** Reads the file of a policy in a context; undefined when it is missing. */
type ReadPolicy = (name: string) => Promise<Uint8Array | undefined>;

/** The path that a name leads to in a context, which no name leaves. */
export function pathInContext(name: string): string {
  return cleanPath(`/${name}`).slice(1);
}

/**
 * The policies of a specification, with the files that are in its context. Those of a context that BuildKit fetches stay as
 * they are. Throws INVALID_ARGUMENT, reason POLICY_INVALID, for one that cannot be read.
 */
export async function openPolicies(
  { policy }: Pick<BuildSpec, "policy">,
  context: { files?: FileSource; url?: string },
): Promise<Policy[]> {
  const policies = policy?.policies ?? [];
  if (fetchedContext(context.url)) return policies;
  const { files } = context;
  return readFromContext(policies, async (name) => {
    const path = pathInContext(name);
    const [entry] = (await files?.stat([path])) ?? [];
    return files && entry && read(files, path);
  });
}

/** Policies with the files that are in the context. Throws INVALID_ARGUMENT, reason POLICY_INVALID. */
export async function readFromContext(
  policies: readonly Policy[],
  readPolicy: ReadPolicy,
): Promise<Policy[]> {
  return Promise.all(
    policies.map(async ({ files }, index) => {
      const withContent = files.map(async (file, at) => {
        if (!file.fromContext) return file;
        const field = `spec.policy.policies[${index}].files[${at}]`;
        return create(PolicyFileSchema, {
          name: file.name,
          content: await contentOf(field, file.name, readPolicy),
        });
      });
      return create(PolicySchema, { files: await Promise.all(withContent) });
    }),
  );
}

async function contentOf(field: string, name: string, readPolicy: ReadPolicy): Promise<Uint8Array> {
  const invalid = (message: string) =>
    inputError(field, "POLICY_INVALID", message, "Give the path of a policy in the context, or its content.");
  const content = await readPolicy(name).catch((cause: Error) => {
    throw invalid(unreadable(name, cause));
  });
  if (!content) throw invalid(`policy file ${name} not found in the context`);
  if (content.length === 0) throw invalid(`The policy ${name} has no content.`);
  if (content.length > maxPolicyBytes)
    throw invalid(`The policy ${name} has more than ${maxPolicyBytes} bytes.`);
  return content;
}

async function read(files: FileSource, name: string): Promise<Buffer> {
  const path = await resolveLinks(files, name);
  const content = path === undefined ? undefined : await readFile(files, path, maxPolicyBytes);
  if (!content) throw new Error("the link leads nowhere.");
  return content;
}

function unreadable(name: string, cause: Error): string {
  return cause instanceof FileTooLarge
    ? cause.message
    : `The policy ${name} cannot be read: ${cause.message}`;
}
