import type { BuildSpec } from "../gen/slipway/build/v1/build_spec_pb.js";

/** What stands in records in place of secret values. */
const redacted = "<redacted>";

/**
 * Why a build cannot be started again from its record; empty when it can. Secret values and files that its client gave are
 * not in the record, and nobody would read an output that its client read.
 */
export function whyNotAgain(spec: BuildSpec | undefined): string {
  if (!spec) return "The host has no specification of it.";
  const { dockerfile, secrets, ssh, sensitiveParameters, outputs, cacheFrom, cacheTo } = spec;
  const contexts = [spec.context, ...Object.values(spec.namedContexts)];
  const has = (kind: string) => contexts.some((context) => context?.source.case === kind);
  if (has("upload")) return "Its client uploaded files, which the host no longer has.";
  if (has("target")) return "It uses the result of another build of a bake.";
  if (dockerfile?.source.case === "content") return "Its client gave the Dockerfile, which is not recorded.";
  if (spec.policy?.policies.some(({ files }) => files.some(({ fromContext }) => !fromContext)))
    return "Its client gave policies, which are not recorded.";
  if (secrets.length > 0) return "It has secrets, which are not recorded.";
  if (ssh.some(({ agentSocket }) => agentSocket === "")) return "It has SSH keys, which are not recorded.";
  if (sensitiveParameters.length > 0) return "It has secret parameters, which are not recorded.";
  if (outputs.some(({ destination }) => destination.case === "stream"))
    return "Its client read an output, and the page cannot.";
  const texts = [
    ...[spec.buildArgs, spec.frontendAttributes],
    ...[...outputs, ...cacheFrom, ...cacheTo].map(({ attributes }) => attributes),
  ].flatMap((values) => Object.values(values));
  const urls = contexts.flatMap((context) => (context?.source.case === "url" ? context.source.value : []));
  if ([...texts, ...urls].some((text) => text.includes(redacted)))
    return "It has credentials, which are not recorded.";
  return "";
}
