import type { BuildHost } from "../../client/build-host.js";
import { dockerConfigDir, readDockerConfig } from "../../config/docker-config.js";
import { proxyBuildArgs } from "../../config/docker-proxies.js";
import { parseAnnotations } from "../../inputs/annotations.js";
import { parseExtraHosts } from "../../inputs/extra-hosts.js";
import { parseResources } from "../../inputs/resources.js";
import { flagsConflict } from "../flags-conflict.js";
import { printError } from "../output/print.js";
import { parseAllow } from "./allow.js";
import { parseAssignments } from "./assignments.js";
import { parseAttestations } from "./attestations.js";
import type { BuildFlags } from "./build-flags.js";
import { parseCaches } from "./caches.js";
import { type Call, parseCall } from "./call.js";
import { type BuildInputs, type ContextSource, findInputs, findNamedContexts } from "./contexts.js";
import { FilesForHost } from "./files-for-host.js";
import { readCheckout } from "./git-checkout.js";
import { type OutputFlag, parseOutputs } from "./outputs.js";
import { parsePlatforms } from "./platforms.js";
import { parsePolicy, readPolicies } from "./policy.js";
import { registryAuth } from "./registry-auth.js";
import { type ReadSecret, readSecrets } from "./secrets.js";
import { provenanceMode } from "./slsa.js";
import type { Spec } from "./spec.js";
import { type ReadSsh, readSsh } from "./ssh.js";

/** A build request: parsed flags and local files, before the host is called. */
export interface BuildRequest {
  inputs: BuildInputs;
  namedContexts: Map<string, ContextSource>;
  outputs: OutputFlag[];
  secrets: ReadSecret[];
  ssh: ReadSsh[];
  call: Call | undefined;
  /** Named contexts that need no file of this machine. */
  planned?: Spec["namedContexts"];
  /** The part of the specification that does not depend on the host. */
  spec: Spec;
}

/**
 * Reads flags, environment and files. Throws an InputError for the first problem.
 * @param dockerfile content of the Dockerfile, instead of a file
 */
export async function readBuildRequest(
  context: string,
  flags: BuildFlags,
  env: NodeJS.ProcessEnv = process.env,
  dockerfile?: Uint8Array,
): Promise<BuildRequest> {
  if (flags.noCache && flags.noCacheFilter) {
    throw flagsConflict("--no-cache", "--no-cache and --no-cache-filter cannot currently be used together");
  }
  const policyFlags = parsePolicy(flags.policy);
  const spec: Spec = {
    builder: flags.builder ?? "",
    target: flags.target,
    buildArgs: await buildArgs(flags, env),
    labels: parseAssignments("--label", flags.label),
    tags: flags.tag,
    platforms: parsePlatforms(flags.platform, env),
    noCache: flags.noCache,
    noCacheStages: flags.noCacheFilter,
    pull: flags.pull,
    extraHosts: parseExtraHosts("--add-host", flags.addHost),
    network: flags.network,
    shmSizeBytes: BigInt(flags.shmSize ?? 0),
    ulimits: flags.ulimit,
    cgroupParent: flags.cgroupParent,
    cacheFrom: parseCaches("--cache-from", flags.cacheFrom, env),
    cacheTo: parseCaches("--cache-to", flags.cacheTo, env),
    entitlements: parseAllow(flags.allow).entitlements,
    attestations: parseAttestations(flags, env),
    annotations: parseAnnotations("--annotation", flags.annotation),
    frontendAttributes: parseResources("--resource", flags.resource),
    project: flags.project ?? env.SLIPWAY_PROJECT,
    priority: flags.priority,
    queueTimeout: durationOf(flags.queueTimeout),
    runTimeout: durationOf(flags.runTimeout),
    returnProvenance: flags.metadataFile !== undefined && provenanceMode(env) !== "disabled",
  };
  const call = parseCall(flags);
  const outputs = await parseOutputs(flags, { env, stdoutIsTerminal: process.stdout.isTTY === true });
  const secrets = await readSecrets(flags.secret, env);
  const namedContexts = await findNamedContexts(flags.buildContext);
  const inputs = await findInputs({ context, file: flags.file, content: dockerfile }, () => process.stdin);
  const policy = await readPolicies(policyFlags, inputs);
  const checkout = await readCheckout(inputs, namedContexts, env);
  if (checkout.warning) printError(`WARNING: ${checkout.warning}\n`);
  const overSsh = inputs.context.kind === "url" && inputs.context.overSsh;
  // Git over SSH needs the SSH agent.
  const ssh = await readSsh(flags.ssh ?? (overSsh && env.SSH_AUTH_SOCK ? ["default"] : []), env);
  return {
    inputs,
    namedContexts,
    outputs,
    secrets,
    ssh,
    call,
    spec: {
      ...spec,
      policy,
      call: call?.name,
      labels: { ...checkout.labels, ...spec.labels },
      frontendAttributes: { ...checkout.attributes, ...spec.frontendAttributes },
    },
  };
}

/** Converts a request to a specification for a host. Sends files that a host on another machine cannot read. */
export async function buildSpec(request: BuildRequest, host: BuildHost, signal: AbortSignal): Promise<Spec> {
  const { inputs, namedContexts, outputs, secrets, ssh, planned, spec } = request;
  const send = new FilesForHost(host, signal);
  const named = await Promise.all(
    [...namedContexts].map(async ([name, source]) => [name, await send.context(source)] as const),
  );
  return {
    ...spec,
    environment: host.environment,
    dockerfile: await send.dockerfile(inputs),
    context: await send.context(inputs.context, inputs.dockerfile),
    namedContexts: { ...planned, ...Object.fromEntries(named) },
    secrets,
    ssh: ssh.map((forward) => send.ssh(forward)),
    outputs: outputs.map((output) => specOutput(output, host)),
    registryAuth: await registryAuth(host.isLocal),
  };
}

function specOutput(output: OutputFlag, host: BuildHost): NonNullable<Spec["outputs"]>[number] {
  const { type, attributes, destination } = output;
  const isFile = destination.kind === "file" || destination.kind === "folder";
  if (isFile && host.isLocal)
    return { type, attributes, destination: { case: "path", value: destination.path } };
  if (isFile || destination.kind === "stdout")
    return { type, attributes, destination: { case: "stream", value: {} } };
  if (destination.kind === "image-store") {
    return {
      type,
      attributes,
      destination: { case: "imageStore", value: { endpoint: destination.endpoint } },
    };
  }
  return { type, attributes };
}

async function buildArgs(flags: BuildFlags, env: NodeJS.ProcessEnv): Promise<Record<string, string>> {
  const args = parseAssignments("--build-arg", flags.buildArg, env);
  if (env.SOURCE_DATE_EPOCH) args.SOURCE_DATE_EPOCH ??= env.SOURCE_DATE_EPOCH;
  const { proxies } = await readDockerConfig(dockerConfigDir(env), env);
  const given = new Set(Object.keys(args).map((name) => name.toLowerCase()));
  const has = (name: string) => given.has(name.toLowerCase());
  return { ...Object.fromEntries(proxyBuildArgs(proxies, env.DOCKER_HOST ?? "default", { has })), ...args };
}

/** The message for a time in milliseconds. Protobuf's own helper loads descriptors, which a build does without. */
function durationOf(ms: number | undefined): Spec["queueTimeout"] {
  if (ms === undefined) return undefined;
  const seconds = Math.trunc(ms / 1000);
  return { seconds: BigInt(seconds), nanos: Math.round((ms - seconds * 1000) * 1e6) };
}
