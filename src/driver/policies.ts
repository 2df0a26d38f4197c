import type { MessageInitShape } from "@bufbuild/protobuf";
import type { ServiceImpl } from "@connectrpc/connect";
import type {
  EvaluateRequest,
  EvaluateResponseSchema,
  PolicyService,
} from "../gen/slipway/policy/v1/policy_pb.js";
import { isPolicyLanguage } from "../plugin-protocol/names.js";
import type { Call } from "./call.js";
import { unary } from "./handler.js";

/** Decides what builds may take from elsewhere. */
export interface PolicyEngine {
  /** Languages of the policies that it evaluates: endings of file names, such as "rego". */
  languages: string[];
  /**
   * Decides about one source, or asks for metadata of it. Throws INVALID_ARGUMENT, reason POLICY_INVALID, for a policy that
   * has errors. Has no effect, and the same answer each time.
   */
  evaluate(request: EvaluateRequest, call: Call): Promise<MessageInitShape<typeof EvaluateResponseSchema>>;
}

/** PolicyService of a plugin's engine. */
export function policyService(engine: PolicyEngine): ServiceImpl<typeof PolicyService> {
  return { evaluate: unary((request, { signal }) => engine.evaluate(request, { signal })) };
}

/** Throws when the languages of an engine cannot be used, so that a plugin fails at its start. */
export function checkPolicyEngine({ languages }: PolicyEngine): void {
  if (languages.length === 0) throw new Error("A policy engine needs at least one language.");
  const wrong = languages.find((language) => !isPolicyLanguage(language));
  if (wrong !== undefined)
    throw new Error(`"${wrong}" is not the language of policies. Use lower case letters and digits.`);
}
