import { create } from "@bufbuild/protobuf";
import { type BuildSpec, type Policy, PolicySchema } from "../../../gen/slipway/build/v1/build_spec_pb.js";
import { type BuildFacts, BuildFactsSchema } from "../../../gen/slipway/policy/v1/policy_pb.js";
import type { Inputs } from "../inputs/inputs.js";
import { shownArgs } from "../redaction/attributes.js";

/** The policies of a build: those of the specification, after the file beside its Dockerfile. */
export function policiesOf({ policyFile, policies }: Pick<Inputs, "policyFile" | "policies">): Policy[] {
  const beside = policyFile ? [create(PolicySchema, { files: [policyFile] })] : [];
  return [...beside, ...policies];
}

/** What policies may know about a build. */
export function factsOf(spec: BuildSpec, { dockerfileName }: Pick<Inputs, "dockerfileName">): BuildFacts {
  const { buildArgs, sensitiveParameters, labels, target } = spec;
  const shown = shownArgs(buildArgs, sensitiveParameters);
  const args = Object.fromEntries(Object.entries(buildArgs).filter(([name, value]) => shown[name] === value));
  return create(BuildFactsSchema, {
    args,
    labels,
    target,
    dockerfile: dockerfileName.split("/").at(-1) || "Dockerfile",
  });
}
