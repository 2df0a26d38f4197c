import { Code, type ConnectError } from "@connectrpc/connect";
import { encodeError, readTypedError, typedError } from "../../../errors/typed-error.js";

const field = "spec.policy";
const remedy = "Set spec.policy.disabled, and give no policies, to build without them.";

/** FAILED_PRECONDITION: the host or the driver evaluates no policies, so the build does not run. */
export function policyUnsupported(file: string, why: string, how: string): ConnectError {
  const message = `The policy in ${file} cannot be enforced: ${why}`;
  return typedError({
    code: Code.FailedPrecondition,
    reason: "POLICY_UNSUPPORTED",
    message,
    remedy: `${how} ${remedy}`,
    fields: [{ field, reason: "POLICY_UNSUPPORTED", message }],
  });
}

/** The error of a policy engine, as one of the specification. */
export function evaluationFailed(cause: unknown): ConnectError {
  const error = readTypedError(cause);
  const { reason, message } = error;
  return encodeError({
    ...error,
    fields: error.fields?.length ? error.fields : [{ field, reason, message }],
  });
}
