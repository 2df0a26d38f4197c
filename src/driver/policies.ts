import type { MessageInitShape } from "@bufbuild/protobuf";
import { Code, type ServiceImpl } from "@connectrpc/connect";
import type {
  DescribeRequest,
  DescribeResponseSchema,
  EvaluateRequest,
  EvaluateResponseSchema,
  PolicyService,
  TestRequest,
  TestResponseSchema,
} from "../gen/slipway/policy/v1/policy_pb.js";
import { capabilityIds } from "../plugin-protocol/capabilities.js";
import { isPolicyLanguage } from "../plugin-protocol/names.js";
import type { Call } from "./call.js";
import { driverError } from "./driver-error.js";
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
  /** Says what policies see of a source, or asks for metadata. Optional; has no effect. */
  describe?(request: DescribeRequest, call: Call): Promise<MessageInitShape<typeof DescribeResponseSchema>>;
  /**
   * Runs the tests of a policy, or asks for what they need. Throws INVALID_ARGUMENT, reason POLICY_INVALID, for a policy or
   * tests that have errors. Optional; has no effect.
   */
  test?(request: TestRequest, call: Call): Promise<MessageInitShape<typeof TestResponseSchema>>;
}

/** PolicyService of a plugin's engine. */
export function policyService(engine: PolicyEngine): ServiceImpl<typeof PolicyService> {
  return {
    evaluate: unary((request, { signal }) => engine.evaluate(request, { signal })),
    describe: unary((request, { signal }) => {
      if (!engine.describe) throw missing("Describe", capabilityIds.describePolicies);
      return engine.describe(request, { signal });
    }),
    test: unary((request, { signal }) => {
      if (!engine.test) throw missing("Test", capabilityIds.testPolicies);
      return engine.test(request, { signal });
    }),
  };
}

/** What an engine can do beyond Evaluate. */
export function policyCapabilities(engine: PolicyEngine): { id: string }[] {
  return [
    ...(engine.describe ? [{ id: capabilityIds.describePolicies }] : []),
    ...(engine.test ? [{ id: capabilityIds.testPolicies }] : []),
  ];
}

function missing(call: string, capability: string) {
  return driverError({
    code: Code.Unimplemented,
    reason: "CAPABILITY_MISSING",
    message: `The policy engine does not implement ${call}: it lacks the capability ${capability}.`,
    metadata: { capability },
  });
}

/** Throws when the languages of an engine cannot be used, so that a plugin fails at its start. */
export function checkPolicyEngine({ languages }: PolicyEngine): void {
  if (languages.length === 0) throw new Error("A policy engine needs at least one language.");
  const wrong = languages.find((language) => !isPolicyLanguage(language));
  if (wrong !== undefined)
    throw new Error(`"${wrong}" is not the language of policies. Use lower case letters and digits.`);
}
