import type { WorkerRecord } from "../../gen/moby/buildkit/v1/types/worker_pb.js";
import type { BuildSpec } from "../../gen/slipway/build/v1/build_spec_pb.js";
import { parseContextUrl } from "../../inputs/context-url.js";
import { remoteContextAttributes } from "../../inputs/remote-context-attributes.js";
import type { ReadyNode } from "../nodes/ready-node.js";
import type { Inputs } from "./inputs/inputs.js";
import { requestedAttestations } from "./spec/attestations.js";
import { isFalse } from "./spec/booleans.js";
import { type CacheImport, type Caches, cachesOf } from "./spec/caches.js";
import { type Exports, exportsOf } from "./spec/exports.js";
import { Features, unsupported } from "./spec/features.js";
import { callOf, type Frontend, frontendOf, platformsOf } from "./spec/frontend.js";

/** Worker label with which a Docker Engine reports the address that "host-gateway" stands for. */
const hostGatewayLabel = "org.mobyproject.buildkit.worker.moby.host-gateway-ip";

/** The solve request of one node. Immutable. */
export interface SolvePlan extends Exports {
  readonly frontend: Frontend;
  readonly caches: Caches;
  readonly entitlements: readonly string[];
  /** Return the frontend's answer instead of building. */
  readonly isCall: boolean;
}

/**
 * Translates a specification into the node's solve request. Throws FAILED_PRECONDITION, reason FEATURE_UNSUPPORTED, for what the node
 * cannot do.
 */
export function planSolve(
  spec: BuildSpec,
  inputs: Inputs,
  cacheImports: readonly CacheImport[],
  { driver, status, workers }: ReadyNode,
): SolvePlan {
  const features = new Features(driver, status);
  const defaults = status.buildDefaults;
  if (platformsOf(spec).length > 1)
    features.require("multi-platform", "spec.platforms", "A build for several platforms");
  const exports = exportsOf(spec, defaults, features);
  const caches = cachesOf(spec, cacheImports, defaults, features);
  const hostGateway = workers.map((worker) => worker.labels[hostGatewayLabel]).find(Boolean);
  const atGateway = spec.extraHosts.findIndex(({ address }) => address === "host-gateway");
  if (!hostGateway && atGateway >= 0) {
    throw unsupported(
      `spec.extra_hosts[${atGateway}].address`,
      `The ${driver} driver does not support host-gateway.`,
      "Give the address itself.",
    );
  }
  const isCall = callOf(spec) !== undefined;
  const frontend = frontendOf(spec, {
    defaults: defaults?.frontendAttributes ?? {},
    remoteContext: remoteContextOf(inputs, workers),
    dockerfileName: inputs.dockerfileName,
    dockerfileIsLocal: inputs.dockerfileIsLocal,
    namedContexts: inputs.namedContexts,
    hostGateway,
    attestations: isCall ? {} : attestationsOf(spec, features),
    cacheImports: caches.imports,
  });
  const entitlements = new Set([...spec.entitlements, ...(spec.network === "host" ? ["network.host"] : [])]);
  return { ...exports, frontend, caches, entitlements: [...entitlements], isCall };
}

function remoteContextOf(
  { contextUrl, dockerfileName }: Inputs,
  workers: readonly WorkerRecord[],
): Record<string, string> {
  const url = contextUrl && parseContextUrl(contextUrl);
  if (!url) return {};
  // Workers report their version since 0.11; those before 0.9 know no folders in git URLs.
  return remoteContextAttributes(url, dockerfileName, {
    gitSubdirs: workers.some((worker) => worker.buildkitVersion),
  });
}

/**
 * The attestations that the specification requests. As in buildx, BuildKit's smallest provenance is added when the
 * specification does not mention provenance and the node can record it.
 */
function attestationsOf(spec: BuildSpec, features: Features): Record<string, string> {
  const requested = requestedAttestations(spec);
  for (const type of Object.keys(requested)) {
    features.require("attestations", `spec.attestations[${type}]`, `Attestation ${type}`);
  }
  // Attestations need OCI media types. A request for Docker's disables the default attestation.
  const usesDockerTypes = spec.outputs.some(({ attributes }) => isFalse(attributes["oci-mediatypes"]));
  const addsDefault =
    !("provenance" in spec.attestations) && !usesDockerTypes && features.has("attestations");
  return addsDefault ? { ...requested, provenance: "mode=min,inline-only=true" } : requested;
}
