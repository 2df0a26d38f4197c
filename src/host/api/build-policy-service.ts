import type { ServiceImpl } from "@connectrpc/connect";
import type { BuildPolicyService } from "../../gen/slipway/v1/build_policy_pb.js";
import type { Builds } from "../builds/builds.js";
import { buildCaller } from "./build-caller.js";

/** slipway.v1.BuildPolicyService. */
export function buildPolicyService(builds: Builds): ServiceImpl<typeof BuildPolicyService> {
  return {
    async evaluatePolicy(request, context) {
      const caller = buildCaller(context);
      const decision = await builds.tryPolicies(caller, (trials) =>
        trials.evaluate(request, caller, context.signal),
      );
      const { allowed, messages, replacement } = decision;
      return { allowed, messages, replacement: replacement?.identifier };
    },
    async describeSource(request, context) {
      const caller = buildCaller(context);
      const { input, unresolvedFields, invalidFields } = await builds.tryPolicies(caller, (trials) =>
        trials.describe(request, caller, context.signal),
      );
      return { input, unresolvedFields, invalidFields };
    },
    async testPolicy(request, context) {
      const caller = buildCaller(context);
      const { tests } = await builds.tryPolicies(caller, (trials) =>
        trials.test(request, caller, context.signal),
      );
      return { tests: tests.map(({ $typeName: _type, $unknown: _unknown, ...result }) => result) };
    },
  };
}
