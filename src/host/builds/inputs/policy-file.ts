import { Code } from "@connectrpc/connect";
import { typedError } from "../../../errors/typed-error.js";
import type { FileSource } from "../../../inputs/files/source.js";

/**
 * Throws FAILED_PRECONDITION, reason POLICY_UNSUPPORTED, when a policy file is beside the Dockerfile: policies are not
 * evaluated, and whoever has written one relies on it.
 *
 * @param files of the Dockerfile's folder, or of the context
 * @param names of the Dockerfile: that of the request, and that of the file
 */
export async function refusePolicyFile(files: FileSource, names: readonly string[]): Promise<void> {
  const candidates = [...new Set(names)].map((name) => `${name}.rego`);
  const entries = await files.stat(candidates);
  const found = candidates.find((_, index) => entries[index]);
  if (!found) return;
  const message = `The policy in ${found} cannot be enforced: this host evaluates no build policies.`;
  throw typedError({
    code: Code.FailedPrecondition,
    reason: "POLICY_UNSUPPORTED",
    message,
    remedy: "Remove the file, or set spec.policy.disabled to build without it.",
    fields: [{ field: "spec.policy", reason: "POLICY_UNSUPPORTED", message }],
  });
}
