import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { expect, test } from "vitest";
import { ResolveSourceMetaRequestSchema } from "../../../gen/moby/buildkit/v1/frontend/gateway_pb.js";
import { PolicyAction } from "../../../gen/moby/buildkit/v1/sourcepolicy/policy_pb.js";
import {
  CheckPolicyRequestSchema,
  CheckPolicyResponseSchema,
} from "../../../gen/moby/buildkit/v1/sourcepolicy/policysession/policysession_pb.js";
import {
  type EvaluateResponse,
  EvaluateResponseSchema,
  type Source,
} from "../../../gen/slipway/policy/v1/policy_pb.js";
import { policyMethod } from "./policy-method.js";

const asked = toBinary(
  CheckPolicyRequestSchema,
  create(CheckPolicyRequestSchema, {
    platform: { os: "linux", architecture: "arm", variant: "v7" },
    source: { source: { identifier: "docker-image://a", attrs: { b: "c" } } },
  }),
);

/** What BuildKit gets when an engine answers so, and what the engine was asked. */
async function answer(request: Uint8Array, result: EvaluateResponse["result"]) {
  const sent: Uint8Array[] = [];
  const sources: Source[] = [];
  const method = policyMethod(async (source) => {
    sources.push(source);
    return create(EvaluateResponseSchema, { result }).result;
  });
  await method.handle({
    header: () => [],
    messages: (async function* () {
      yield request;
    })(),
    send: async (message) => void sent.push(message),
    signal: new AbortController().signal,
  });
  return { result: fromBinary(CheckPolicyResponseSchema, sent[0]!).result, source: sources[0]! };
}

const decision = (value: object) => ({ case: "decision", value }) as EvaluateResponse["result"];

test("asks about the source that BuildKit names, and passes the decision on", async () => {
  const { result, source } = await answer(asked, decision({ allowed: true, messages: [] }));
  expect(source).toMatchObject({
    identifier: "docker-image://a",
    attributes: { b: "c" },
    platform: "linux/arm/v7",
  });
  expect(result.value).toMatchObject({ action: PolicyAction.ALLOW });
  const denied = await answer(asked, decision({ allowed: false, messages: ["No.", "Never."] }));
  expect(denied.result.value).toMatchObject({
    action: PolicyAction.DENY,
    denyMessages: [{ message: "No." }, { message: "Never." }],
  });
  const replacement = { identifier: "docker-image://d", attributes: {} };
  const replaced = await answer(asked, decision({ allowed: true, messages: [], replacement }));
  expect(replaced.result.value).toMatchObject({
    action: PolicyAction.CONVERT,
    update: { identifier: "docker-image://d" },
  });
  const both = await answer(asked, decision({ allowed: false, messages: [], replacement }));
  expect(both.result.value).toMatchObject({ action: PolicyAction.DENY });
});

test("passes on metadata and requests for it with all that the host does not know", async () => {
  // Field 2 of a response is the image, which the host does not read.
  const unknown = Uint8Array.of(0x12, 0x03, 0x0a, 0x01, 0x78);
  const request = create(CheckPolicyRequestSchema, {
    source: { source: { identifier: "docker-image://a" } },
  });
  request.source!.$unknown = [{ no: 2, wireType: 2, data: unknown.subarray(1) }];
  const metadataRequest = Uint8Array.of(0x22, 0x01, 0x61);
  const { result, source } = await answer(toBinary(CheckPolicyRequestSchema, request), {
    case: "metadataRequest",
    value: metadataRequest,
  });
  expect(Buffer.from(source.metadata).includes(Buffer.from(unknown))).toBe(true);
  expect(result.case).toBe("request");
  expect(toBinary(ResolveSourceMetaRequestSchema, result.value as never)).toEqual(metadataRequest);
});

test("an answer without a decision, or a question without a source, allows nothing", async () => {
  await expect(answer(asked, { case: undefined })).rejects.toThrow("there is no decision");
  await expect(answer(new Uint8Array(), decision({ allowed: true, messages: [] }))).rejects.toThrow(
    "no source",
  );
});
