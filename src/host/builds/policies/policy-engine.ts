import { create } from "@bufbuild/protobuf";
import { Code } from "@connectrpc/connect";
import type { SessionMethod } from "../../../buildkit/session/method.js";
import { StatusError } from "../../../errors/status-error.js";
import { readTypedError } from "../../../errors/typed-error.js";
import type { BuildSpec } from "../../../gen/slipway/build/v1/build_spec_pb.js";
import {
  type EvaluateRequest,
  EvaluateRequestSchema,
  type Source,
  SourceSchema,
} from "../../../gen/slipway/policy/v1/policy_pb.js";
import type { PluginManager } from "../../plugins/plugin-manager.js";
import type { PolicyUse } from "../../plugins/plugin-use.js";
import type { Inputs } from "../inputs/inputs.js";
import { factsOf, policiesOf } from "./policies-of.js";
import { evaluationFailed, policyUnsupported } from "./policy-errors.js";
import { policyMethod } from "./policy-method.js";
import { sourceOnly } from "./policy-source.js";
import { engineMs, takeEngine } from "./take-engine.js";

/** The policy engine of one build. Owns the use of its plugin. */
export class PolicyEngine {
  private constructor(
    private readonly use: PolicyUse,
    private readonly request: EvaluateRequest,
  ) {}

  /**
   * Opens the engine for the policies of a build and checks them; undefined when there are none. Rejects with
   * FAILED_PRECONDITION, reason POLICY_UNSUPPORTED, when no plugin evaluates them, and with the engine's error for policies
   * that it cannot use.
   */
  static async open(
    spec: BuildSpec,
    inputs: Inputs,
    plugins: PluginManager,
    signal: AbortSignal,
  ): Promise<PolicyEngine | undefined> {
    const policies = policiesOf(inputs);
    const [first, ...others] = policies.flatMap(({ files }) => files);
    if (!first) return undefined;
    const use = await takeEngine([first, ...others], plugins, policyUnsupported);
    const engine = new PolicyEngine(
      use,
      create(EvaluateRequestSchema, { policies, build: factsOf(spec, inputs) }),
    );
    try {
      // One in a context that BuildKit fetches is read when the build runs.
      if (![first, ...others].some(({ fromContext }) => fromContext)) await engine.#check(signal);
      return engine;
    } catch (cause) {
      engine.close();
      throw cause;
    }
  }

  /** What BuildKit asks for decisions. */
  method(): SessionMethod {
    return policyMethod(async (source, signal) => {
      try {
        const { result } = await this.#evaluate(source, signal);
        return result;
      } catch (cause) {
        const { message } = readTypedError(cause);
        throw new StatusError(Code.FailedPrecondition, `the policy could not be evaluated: ${message}`);
      }
    });
  }

  /** Ends the use of the plugin; further calls do nothing. */
  close(): void {
    this.use.release();
  }

  /** Has the engine read the policies, before the build is accepted. What it decides does not count yet. */
  async #check(signal: AbortSignal): Promise<void> {
    const identifier = "local://context";
    const metadata = sourceOnly({ identifier, attrs: {} });
    await this.#evaluate(create(SourceSchema, { identifier, metadata }), signal).catch((cause) => {
      throw evaluationFailed(cause);
    });
  }

  #evaluate(source: Source, signal: AbortSignal) {
    const ends = AbortSignal.any([signal, this.use.died]);
    return this.use.policies.evaluate({ ...this.request, source }, { signal: ends, timeoutMs: engineMs });
  }
}
