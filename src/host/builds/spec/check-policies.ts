import type { BuildSpec } from "../../../gen/slipway/build/v1/build_spec_pb.js";
import type { Problems } from "./problems.js";

/** Most bytes of a policy file. */
export const maxPolicyBytes = 1 << 20;

/** Most policies of a build, and most files of all of them. */
const maxPolicies = 100;

/** The language of a policy file: the ending of its name. Empty when it has none. */
export function languageOf(name: string): string {
  return /\.([a-z0-9]+)$/.exec(name)?.[1] ?? "";
}

/** Checks the policies that a specification brings along. */
export function checkPolicies(problems: Problems, { policy }: BuildSpec): void {
  const policies = policy?.policies ?? [];
  const count = policies.reduce((sum, { files }) => sum + files.length, 0);
  if (Math.max(policies.length, count) > maxPolicies) {
    const message = `There are ${Math.max(policies.length, count)} policies or files of them, and ${maxPolicies} are the limit.`;
    problems.add("spec.policy.policies", "LIST_TOO_LONG", message);
    return;
  }
  policies.forEach(({ files }, index) => {
    const field = `spec.policy.policies[${index}]`;
    if (files.length === 0) problems.add(field, "POLICY_INVALID", "A policy needs at least one file.");
    files.forEach(({ name, content, fromContext }, at) => {
      const path = `${field}.files[${at}]`;
      if (!languageOf(name)) {
        const message = `The name ${JSON.stringify(name)} of a policy file has no ending that tells its language.`;
        problems.add(`${path}.name`, "POLICY_INVALID", message, 'Name it as "policy.rego".');
      }
      if (fromContext) {
        if (content.length === 0) return;
        const message = `The policy ${name} is in the context, and has content, too.`;
        problems.add(`${path}.content`, "POLICY_INVALID", message, "Give one of content and from_context.");
        return;
      }
      if (content.length === 0)
        problems.add(`${path}.content`, "POLICY_INVALID", `The policy ${name} has no content.`);
      if (content.length > maxPolicyBytes)
        problems.add(
          `${path}.content`,
          "POLICY_INVALID",
          `The policy ${name} has more than ${maxPolicyBytes} bytes.`,
        );
    });
  });
}
