import type { WorkerRecord } from "../../gen/moby/buildkit/v1/types/worker_pb.js";
import type { BuildSpec } from "../../gen/slipway/v1/build_spec_pb.js";
import { parseContextUrl } from "../../inputs/context-url.js";
import { remoteContextAttributes } from "../../inputs/remote-context-attributes.js";
import type { ReadyNode } from "../nodes/ready-node.js";
import type { Inputs } from "./inputs.js";
import { requestedAttestations } from "./spec/attestations.js";
import { isFalse } from "./spec/booleans.js";
import { type Cache, cachesOf } from "./spec/caches.js";
import { type Export, exportsOf } from "./spec/exports.js";
import { Features, unsupported } from "./spec/features.js";
import { callOf, type Frontend, frontendOf, platformsOf } from "./spec/frontend.js";

/** Worker label by which a Docker Engine tells the address that "host-gateway" stands for. */
const hostGatewayLabel = "org.mobyproject.buildkit.worker.moby.host-gateway-ip";

/** A specification as one node will be asked for it. */
export interface Plan {
  frontend: Frontend;
  exports: Export[];
  cacheImports: Cache[];
  cacheExports: Cache[];
  entitlements: string[];
  /** Nothing is exported although nobody asked for that. */
  cacheOnly: boolean;
  isCall: boolean;
}

/** Phrases a build for a node. Throws FAILED_PRECONDITION, reason FEATURE_UNSUPPORTED, for what the node cannot do. */
export function planBuild(spec: BuildSpec, inputs: Inputs, { driver, status, workers }: ReadyNode): Plan {
  const features = new Features(driver, status);
  const defaults = status.buildDefaults;
  const platforms = platformsOf(spec);
  if (platforms.length > 1)
    features.require("multi-platform", "spec.platforms", "a build for several platforms");
  const { exports, cacheOnly } = exportsOf(spec, defaults, features);
  const { imports, exports: cacheExports } = cachesOf(spec, defaults, features);
  const hostGateway = workers.map((worker) => worker.labels[hostGatewayLabel]).find(Boolean);
  if (!hostGateway && Object.values(spec.extraHosts).includes("host-gateway")) {
    throw unsupported(
      "spec.extra_hosts",
      `host-gateway is not supported by the ${driver} driver`,
      "give the address itself",
    );
  }
  const isCall = callOf(spec) !== undefined;
  return {
    frontend: frontendOf(spec, {
      defaults: defaults?.frontendAttributes ?? {},
      remoteContext: remoteContextOf(inputs, workers),
      dockerfileName: inputs.dockerfileName,
      dockerfileIsLocal: inputs.dockerfileIsLocal,
      namedContexts: inputs.namedContexts,
      hostGateway,
      attestations: isCall ? {} : attestationsOf(spec, features),
      cacheImports: imports,
    }),
    exports,
    cacheImports: imports,
    cacheExports,
    entitlements: [...new Set([...spec.entitlements, ...(spec.network === "host" ? ["network.host"] : [])])],
    cacheOnly,
    isCall,
  };
}

function remoteContextOf(
  { contextUrl, dockerfileName }: Inputs,
  workers: WorkerRecord[],
): Record<string, string> {
  const url = contextUrl && parseContextUrl(contextUrl);
  if (!url) return {};
  // Workers tell their version since 0.11; those before 0.9 know no folders in git URLs.
  return remoteContextAttributes(url, dockerfileName, {
    gitSubdirs: workers.some((worker) => worker.buildkitVersion),
  });
}

/** What was asked for, and as in buildx BuildKit's smallest provenance where nothing was said and the node can do it. */
function attestationsOf(spec: BuildSpec, features: Features): Record<string, string> {
  const wanted = requestedAttestations(spec);
  for (const type of Object.keys(wanted)) {
    features.require("attestations", `spec.attestations[${type}]`, `attestation ${type}`);
  }
  // Attestations need OCI media types; the default one does not stand in the way of what was asked for.
  const docker = spec.outputs.some(({ attributes }) => isFalse(attributes["oci-mediatypes"]));
  if (!("provenance" in spec.attestations) && !docker && features.has("attestations")) {
    wanted.provenance = "mode=min,inline-only=true";
  }
  return wanted;
}
