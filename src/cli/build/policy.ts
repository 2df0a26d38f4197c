import { access } from "node:fs/promises";
import { join } from "node:path";
import { InputError } from "../../errors/input-error.js";
import { parseAttributes } from "../../inputs/parse-attributes.js";
import { readGoBool } from "../../util/go-values.js";
import type { BuildInputs } from "./contexts.js";

/** What `--policy` says about policies, which are not evaluated. */
export interface Policy {
  /** The file beside the Dockerfile does not count. */
  disabled: boolean;
}

/**
 * Parses `--policy key=value,…` as buildx does: "disabled" and "reset" switch off the policy file beside the Dockerfile.
 * Throws for a policy that would have to be evaluated.
 */
export function parsePolicy(values: readonly string[] = []): Policy {
  let disabled = false;
  for (const text of values) {
    for (const [key, value] of parseAttributes(text, "--policy")) {
      const isOn = readGoBool(value);
      if (key === "filename" && value) throw unsupported(value);
      if (key === "log-level" && value) continue;
      if (!["disabled", "reset", "strict"].includes(key) || isOn === undefined)
        throw invalid(`${key}=${value}`);
      if (isOn && key !== "strict") disabled = true;
    }
  }
  return { disabled };
}

/** Throws when a policy file is beside a Dockerfile on this machine. A host on another one may not see it. */
export async function refusePolicyFile({ context, dockerfile }: BuildInputs): Promise<void> {
  const isDefault = dockerfile.kind === "default" && context.kind === "folder";
  const path = isDefault ? join(context.path, "Dockerfile") : dockerfile.kind === "path" && dockerfile.path;
  if (!path) return;
  const file = `${path}.rego`;
  const exists = await access(file).then(
    () => true,
    () => false,
  );
  if (exists) throw unsupported(file);
}

function unsupported(file: string): InputError {
  return new InputError({
    reason: "POLICY_UNSUPPORTED",
    field: "--policy",
    message: `The policy in ${file} cannot be enforced: build policies are not supported.`,
    remedy: "Build with `docker buildx build`, which enforces it, or without it: --policy disabled=true.",
  });
}

function invalid(text: string): InputError {
  return new InputError({
    reason: "POLICY_INVALID",
    field: "--policy",
    message: `invalid value ${text}`,
    remedy: "Write --policy disabled=true, or reset, strict, log-level or filename.",
  });
}
