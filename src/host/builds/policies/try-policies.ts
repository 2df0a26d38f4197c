import { create } from "@bufbuild/protobuf";
import { Code } from "@connectrpc/connect";
import { invalidField, renameFields, typedError } from "../../../errors/typed-error.js";
import {
  BuildSpecSchema,
  type Policy,
  type PolicyFile,
  PolicyFileSchema,
  PolicySchema,
} from "../../../gen/slipway/build/v1/build_spec_pb.js";
import {
  type Decision,
  type Description,
  type Resolved,
  ResolvedSchema,
  SourceSchema,
  type TestResults,
} from "../../../gen/slipway/policy/v1/policy_pb.js";
import {
  type DescribeSourceRequest,
  type EvaluatePolicyRequest,
  type PolicyLookup,
  PolicyLookupSchema,
  type TestPolicyRequest,
} from "../../../gen/slipway/v1/build_policy_pb.js";
import { credentialsIn } from "../../../inputs/url-credentials.js";
import { capabilityIds, hasCapability } from "../../../plugin-protocol/capabilities.js";
import type { PluginManager } from "../../plugins/plugin-manager.js";
import type { PolicyUse } from "../../plugins/plugin-use.js";
import type { BuildCaller } from "../build-caller.js";
import { firstNode } from "../builder-gateway.js";
import { Redaction } from "../redaction/redaction.js";
import { minSecretLength } from "../redaction/secrets.js";
import { localFields } from "../spec/local-fields.js";
import { validateSpec } from "../spec/validate-spec.js";
import { type Lookup, type LookupServices, withLookup } from "./policy-lookup.js";
import { type NamedSource, readSource, sourceOnly } from "./policy-source.js";
import { engineMs, takeEngine } from "./take-engine.js";

/** How often an engine may ask for metadata: of the source of a policy, and of all sources otherwise. */
const maxRounds = { source: 10, all: 100 };

/** Evaluates, describes and tests without a build. The errors are those of BuildPolicyService. */
export class PolicyTrials {
  constructor(private readonly services: LookupServices & { readonly plugins: PluginManager }) {}

  /** What policies decide about a source. */
  async evaluate(
    { lookup, source: text, policies, dockerfile }: EvaluatePolicyRequest,
    caller: BuildCaller,
    signal: AbortSignal,
  ): Promise<Decision> {
    return this.#withNode(lookup, policies, caller, text, signal, async (source, node) => {
      if (policies.length === 0) throw noFiles("policies");
      return this.#withEngine(filesOf(policies), undefined, signal, async ({ policies: engine }, options) =>
        node(async ({ platform, resolve }) => {
          let metadata = sourceOnly(source);
          for (let round = 0; round < maxRounds.source; round++) {
            const { identifier, attrs: attributes } = source;
            const asked = create(SourceSchema, { identifier, attributes, platform, metadata });
            const request = { policies, build: { dockerfile: dockerfile || "Dockerfile" }, source: asked };
            const { result } = await engine.evaluate(request, options);
            if (result.case === "decision") return result.value;
            if (result.case !== "metadataRequest") throw noAnswer("there is no decision");
            metadata = await resolve(result.value);
          }
          throw endless();
        }),
      );
    });
  }

  /** What policies see of a source. */
  async describe(
    { lookup, source: text, fields, language }: DescribeSourceRequest,
    caller: BuildCaller,
    signal: AbortSignal,
  ): Promise<Description> {
    return this.#withNode(lookup, [], caller, text, signal, async (source, node) => {
      const file = create(PolicyFileSchema, { name: `policy.${language || "rego"}` });
      const needs = capabilityIds.describePolicies;
      return this.#withEngine([file], needs, signal, async ({ policies: engine }, options) =>
        node(async (known) => {
          const { identifier, attrs: attributes } = source;
          const asked = { identifier, attributes, platform: known.platform, metadata: sourceOnly(source) };
          return untilAnswered<Description>(known, async (resolved) => {
            const { result } = await engine.describe({ source: asked, fields, resolved }, options);
            return result.case === "description" ? { value: result.value } : { wants: result.value };
          });
        }),
      );
    });
  }

  /** The results of the tests of a policy. */
  async test(
    { lookup: given, policy, tests, run }: TestPolicyRequest,
    caller: BuildCaller,
    signal: AbortSignal,
  ): Promise<TestResults> {
    const lookup = given ?? create(PolicyLookupSchema);
    if (!policy?.files.length) throw noFiles("policy");
    if (tests.length === 0) throw noFiles("tests");
    check(lookup, [policy, create(PolicySchema, { files: tests })], caller, (field) =>
      field.replace(/^policies\[0\]/, "policy").replace(/^policies\[1\]\.files/, "tests"),
    );
    const files = [...filesOf([policy]), ...tests] as const;
    const needs = capabilityIds.testPolicies;
    return this.#withEngine(files as [PolicyFile, ...PolicyFile[]], needs, signal, async (use, options) => {
      const ask = async (platform: string, resolved: Resolved[]) => {
        const request = { policy, tests, run, platform, resolved };
        const { result } = await use.policies.test(request, options);
        return result;
      };
      const first = await ask(lookup.platform, []);
      if (first.case === "results") return first.value;
      if (first.case === undefined) throw noAnswer("there are no results");
      const { registry, nodes } = this.services;
      const node = await firstNode(registry, lookup, caller);
      const work = (known: Lookup) =>
        untilAnswered<TestResults>(known, async (resolved) => {
          const result = await ask(known.platform, resolved);
          if (result.case === "results") return { value: result.value };
          return { wants: result.case === "metadataRequest" ? result.value : undefined };
        });
      return withLookup(nodes, node, lookup, work, { redaction: new Redaction([]), signal });
    });
  }

  /** Checks a request about a source, and finds the node that looks it up. */
  async #withNode<T>(
    given: PolicyLookup | undefined,
    policies: readonly Policy[],
    caller: BuildCaller,
    text: string,
    signal: AbortSignal,
    work: (source: NamedSource, node: <R>(look: (lookup: Lookup) => Promise<R>) => Promise<R>) => Promise<T>,
  ): Promise<T> {
    const lookup = given ?? create(PolicyLookupSchema);
    const { registry, nodes } = this.services;
    const node = await firstNode(registry, lookup, caller);
    check(lookup, policies, caller);
    const source = readSource("source", text);
    const redaction = new Redaction(credentialsIn(text).filter(({ length }) => length >= minSecretLength));
    return work(source, (look) => withLookup(nodes, node, lookup, look, { redaction, signal }));
  }

  /** Takes an engine into use for as long as the work takes. */
  async #withEngine<T>(
    files: readonly [PolicyFile, ...PolicyFile[]],
    capability: string | undefined,
    signal: AbortSignal,
    work: (use: PolicyUse, options: { signal: AbortSignal; timeoutMs: number }) => Promise<T>,
  ): Promise<T> {
    const use = await takeEngine(files, this.services.plugins, engineMissing);
    try {
      if (capability && !hasCapability(use, capability)) {
        const why = `the plugin ${use.plugin} lacks the capability ${capability}.`;
        throw engineMissing(files[0].name, why, "Update the plugin.");
      }
      return await work(use, { signal: AbortSignal.any([signal, use.died]), timeoutMs: engineMs });
    } finally {
      use.release();
    }
  }
}

/** Checks a request as a specification with the same policies. */
function check(
  { platform, registryAuth }: PolicyLookup,
  policies: readonly Policy[],
  { requireLocal }: BuildCaller,
  rename = (field: string) => field,
): void {
  const inRequest = (field: string) =>
    rename(
      field
        .replace(/^spec\.policy\./, "")
        .replace(/^spec\.platforms\[0\]/, "lookup.platform")
        .replace(/^spec\./, "lookup."),
    );
  const spec = create(BuildSpecSchema, {
    context: { source: { case: "empty", value: {} } },
    dockerfile: { source: { case: "content", value: Buffer.from("FROM scratch") } },
    registryAuth,
    platforms: platform ? [platform] : [],
    policy: { policies: [...policies] },
  });
  for (const field of localFields(spec)) requireLocal(inRequest(field));
  try {
    validateSpec(spec);
  } catch (cause) {
    throw renameFields(cause, inRequest);
  }
}

function filesOf(policies: readonly Policy[]): [PolicyFile, ...PolicyFile[]] {
  return policies.flatMap(({ files }) => files) as [PolicyFile, ...PolicyFile[]];
}

/** Asks an engine until it has answered, each time with all metadata that it wanted. */
async function untilAnswered<T>(
  { resolve }: Lookup,
  ask: (resolved: Resolved[]) => Promise<{ value: T } | { wants: Uint8Array | undefined }>,
): Promise<T> {
  const resolved: Resolved[] = [];
  while (resolved.length < maxRounds.all) {
    const answer = await ask(resolved);
    if ("value" in answer) return answer.value;
    if (!answer.wants) throw noAnswer("there is no answer");
    const response = await resolve(answer.wants);
    resolved.push(create(ResolvedSchema, { request: answer.wants, response }));
  }
  throw endless();
}

function engineMissing(file: string, why: string, how: string) {
  const message = `The policy in ${file} cannot be evaluated: ${why}`;
  return typedError({ code: Code.FailedPrecondition, reason: "POLICY_ENGINE_MISSING", message, remedy: how });
}

function noFiles(field: string) {
  return invalidField(field, "POLICY_INVALID", `There are no ${field === "tests" ? "tests" : "policies"}.`);
}

function noAnswer(why: string) {
  const message = `The policy engine gave no answer: ${why}.`;
  return typedError({ code: Code.FailedPrecondition, reason: "POLICY_FAILED", message });
}

function endless() {
  return noAnswer("it asks for metadata again and again");
}
