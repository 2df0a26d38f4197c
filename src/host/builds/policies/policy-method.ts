import { create, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import { Code } from "@connectrpc/connect";
import { type SessionMethod, unaryMethod } from "../../../buildkit/session/method.js";
import { StatusError } from "../../../errors/status-error.js";
import {
  ResolveSourceMetaRequestSchema,
  ResolveSourceMetaResponseSchema,
} from "../../../gen/moby/buildkit/v1/frontend/gateway_pb.js";
import { PolicyAction } from "../../../gen/moby/buildkit/v1/sourcepolicy/policy_pb.js";
import {
  type CheckPolicyResponseSchema,
  PolicyVerifier,
} from "../../../gen/moby/buildkit/v1/sourcepolicy/policysession/policysession_pb.js";
import {
  type EvaluateResponse,
  type Source,
  SourceSchema,
} from "../../../gen/slipway/policy/v1/policy_pb.js";
import { decodeBounded } from "../../../messages/answers.js";
import { platformName } from "../../nodes/platform-name.js";

/** Decides about a source, or asks for metadata of it. */
export type Evaluate = (source: Source, signal: AbortSignal) => Promise<EvaluateResponse["result"]>;

/** Answers BuildKit, which asks before it resolves a source. A source without a decision is not taken. */
export function policyMethod(evaluate: Evaluate): SessionMethod {
  return unaryMethod(PolicyVerifier.method.checkPolicy, async ({ platform, source: known }, { signal }) => {
    const asked = known?.source;
    if (!asked) throw new StatusError(Code.InvalidArgument, "BuildKit has named no source.");
    const source = create(SourceSchema, {
      identifier: asked.identifier,
      attributes: asked.attrs,
      platform: platform ? platformName(platform) : "",
      metadata: toBinary(ResolveSourceMetaResponseSchema, known),
    });
    const result = await evaluate(source, signal);
    if (result.case === "metadataRequest")
      return answer({ case: "request", value: decodeBounded(ResolveSourceMetaRequestSchema, result.value) });
    if (result.case !== "decision")
      throw new StatusError(
        Code.FailedPrecondition,
        "the policy could not be evaluated: there is no decision",
      );
    const { allowed, messages, replacement } = result.value;
    const action = !allowed ? PolicyAction.DENY : replacement ? PolicyAction.CONVERT : PolicyAction.ALLOW;
    const denyMessages = messages.map((message) => ({ message }));
    const update = replacement && { identifier: replacement.identifier, attrs: replacement.attributes };
    return answer({ case: "decision", value: { action, denyMessages, update } });
  });
}

type Answer = MessageInitShape<typeof CheckPolicyResponseSchema>;

function answer(result: Answer["result"]): Answer {
  return { result };
}
