import type { Provenance } from "../../gen/slipway/build/v1/build_result_pb.js";

/** How much of the provenance the metadata file contains. */
export type ProvenanceMode = "min" | "max" | "disabled";

/** Parses BUILDX_METADATA_PROVENANCE as buildx does: unknown values mean "min". */
export function provenanceMode(env: NodeJS.ProcessEnv): ProvenanceMode {
  const value = env.BUILDX_METADATA_PROVENANCE ?? "";
  if (value === "max") return value;
  return value === "disabled" || /^(0|f|false)$/i.test(value) ? "disabled" : "min";
}

interface Material {
  uri: string;
  digest?: Record<string, string>;
}

/** The fields that are used of a SLSA v1 predicate, as BuildKit writes it. */
interface Slsa1 {
  buildDefinition: {
    externalParameters: {
      configSource?: { uri?: string; digest?: Record<string, string>; path?: string };
      request?: unknown;
    };
    internalParameters: { buildConfig?: unknown; builderPlatform: string; dockerfileVersion?: string };
    resolvedDependencies?: Material[];
  };
  runDetails: {
    builder?: { id?: string };
    metadata?: {
      invocationId?: string;
      startedOn?: string;
      finishedOn?: string;
      buildkit_metadata?: unknown;
      buildkit_hermetic?: boolean;
      buildkit_completeness?: { request?: boolean; resolvedDependencies?: boolean };
      buildkit_reproducible?: boolean;
    };
  };
}

/** Converts a predicate to SLSA v0.2, the form in buildx's metadata file. "min" omits the run's configuration and metadata. */
export function slsa02(
  { predicateType, predicate }: Provenance,
  mode: Exclude<ProvenanceMode, "disabled">,
): Record<string, unknown> {
  const parsed = JSON.parse(Buffer.from(predicate).toString());
  const converted = predicateType.endsWith("/v1") ? fromSlsa1(parsed as Slsa1) : parsed;
  if (mode === "max") return converted;
  const { buildConfig: _config, metadata: _metadata, ...rest } = converted;
  return rest;
}

function fromSlsa1({ buildDefinition, runDetails }: Slsa1): Record<string, unknown> {
  const { externalParameters, internalParameters, resolvedDependencies } = buildDefinition;
  const { uri, digest, path } = externalParameters.configSource ?? {};
  const { buildConfig, builderPlatform, dockerfileVersion, ...custom } = internalParameters;
  const { metadata } = runDetails;
  return {
    builder: { id: runDetails.builder?.id ?? "" },
    buildType: "https://mobyproject.org/buildkit@v1",
    materials: resolvedDependencies?.map((material) => ({ uri: material.uri, digest: material.digest })),
    invocation: {
      configSource: { uri, digest, entryPoint: path },
      parameters: externalParameters.request ?? {},
      environment: { ...custom, dockerfileVersion, platform: builderPlatform },
    },
    buildConfig,
    metadata: metadata && {
      buildInvocationID: metadata.invocationId,
      buildStartedOn: metadata.startedOn,
      buildFinishedOn: metadata.finishedOn,
      completeness: {
        parameters: metadata.buildkit_completeness?.request ?? false,
        environment: true,
        materials: metadata.buildkit_completeness?.resolvedDependencies ?? false,
      },
      reproducible: metadata.buildkit_reproducible ?? false,
      "https://mobyproject.org/buildkit@v1#metadata": metadata.buildkit_metadata ?? {},
      "https://mobyproject.org/buildkit@v1#hermetic": metadata.buildkit_hermetic || undefined,
    },
  };
}
