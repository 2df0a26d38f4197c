import { type BuildSpec, BuildSpecSchema } from "../../../gen/slipway/build/v1/build_spec_pb.js";
import { parseReference } from "../../../image/reference.js";
import { normalizePlatform } from "../../../inputs/platform.js";
import { validateSecret } from "../../../inputs/secret.js";
import { checkAnnotations } from "./annotations.js";
import { checkAttestations } from "./attestations.js";
import { checkCache } from "./cache-attributes.js";
import { checkContexts, checkDockerfile } from "./check-context.js";
import { checkOutput } from "./check-output.js";
import { checkPolicies } from "./check-policies.js";
import { Problems } from "./problems.js";
import { checkScheduling } from "./scheduling.js";
import { checkShownTexts } from "./shown-texts.js";

/** Most entries of a list or map in a specification. */
const maxEntries = 1000;
const networks = ["", "default", "none", "host"];
const calls = ["", "build", "check", "lint", "outline", "targets"];

/**
 * Checks everything in a specification that does not depend on files or a builder.
 *
 * Throws INVALID_ARGUMENT that lists every field at fault, under `spec.…`.
 */
export function validateSpec(spec: BuildSpec): void {
  checkListLengths(spec);
  const problems = new Problems();
  checkContexts(problems, spec);
  checkDockerfile(problems, spec);
  spec.platforms.forEach((platform, index) => {
    if (normalizePlatform(platform)) return;
    const message = `Unknown platform ${JSON.stringify(platform)}.`;
    const remedy = 'Use os/arch[/variant], for example "linux/arm64".';
    problems.add(`spec.platforms[${index}]`, "PLATFORM_UNKNOWN", message, remedy);
  });
  spec.tags.forEach((tag, index) => {
    if (parseReference(tag)) return;
    const message = `invalid tag ${JSON.stringify(tag)}: invalid reference format`;
    problems.add(`spec.tags[${index}]`, "TAG_INVALID", message, "Use [registry/]name[:tag] in lower case.");
  });
  spec.secrets.forEach((secret, index) => {
    problems.check(`spec.secrets[${index}]`, () => validateSecret(secret.id, secret.value));
  });
  spec.ssh.forEach((forward, index) => {
    if (Boolean(forward.agentSocket) !== forward.keys.length > 0) return;
    const message = `The SSH forward ${forward.id || "default"} needs either an agent's socket or keys.`;
    problems.add(`spec.ssh[${index}]`, "SSH_SOURCE_INVALID", message);
  });
  if (!networks.includes(spec.network)) {
    const message = `Network mode ${JSON.stringify(spec.network)} is not supported.`;
    const remedy = 'Use "default", "none" or "host". Other networks are options of the builder.';
    problems.add("spec.network", "NETWORK_UNKNOWN", message, remedy);
  }
  spec.entitlements.forEach((entitlement, index) => {
    if (/^(network\.host|security\.insecure|device(=.*)?)$/s.test(entitlement)) return;
    const remedy = 'Use "network.host", "security.insecure", "device" or "device=NAME".';
    const message = `unknown entitlement ${entitlement}`;
    problems.add(`spec.entitlements[${index}]`, "ENTITLEMENT_INVALID", message, remedy);
  });
  if (!calls.includes(spec.call)) {
    const message = `Unknown call ${JSON.stringify(spec.call)}.`;
    problems.add("spec.call", "CALL_UNKNOWN", message, 'Use "build", "check", "outline" or "targets".');
  }
  for (const [index, output] of spec.outputs.entries())
    checkOutput(problems, `spec.outputs[${index}]`, output, spec);
  spec.cacheFrom.forEach((cache, index) => {
    checkCache(problems, "cache_from", `spec.cache_from[${index}]`, cache);
  });
  spec.cacheTo.forEach((cache, index) => {
    checkCache(problems, "cache_to", `spec.cache_to[${index}]`, cache);
  });
  checkAttestations(problems, spec);
  checkAnnotations(problems, spec);
  checkPolicies(problems, spec);
  checkShownTexts(problems, spec);
  checkScheduling(problems, spec);
  problems.throwIfAny();
}

/** Some checks take more time than in proportion to the entries, so these are limited first. */
function checkListLengths(spec: BuildSpec): void {
  const problems = new Problems();
  for (const { fieldKind, localName, name } of BuildSpecSchema.fields) {
    if (fieldKind !== "list" && fieldKind !== "map") continue;
    const value = spec[localName as keyof BuildSpec] as object;
    const entries = Array.isArray(value) ? value.length : Object.keys(value).length;
    if (entries <= maxEntries) continue;
    const message = `There are ${entries} entries, and ${maxEntries} are the limit.`;
    problems.add(`spec.${name}`, "LIST_TOO_LONG", message);
  }
  problems.throwIfAny();
}
