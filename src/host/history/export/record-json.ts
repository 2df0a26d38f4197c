import type {
  BuildHistoryRecord,
  BuildResultInfo,
  Descriptor,
} from "../../../gen/moby/buildkit/v1/control_pb.js";
import type { HistoryLocalState } from "../../../gen/slipway/v1/history_pb.js";
import { platformName } from "../../nodes/platform-name.js";
import type { Found } from "../history-nodes.js";

/** A record as Docker Desktop and buildx read it: Go's JSON of BuildKit's message, and what the builder and the client know. */
export function recordJson(
  { node, record }: Found,
  raw: BuildHistoryRecord,
  localState: HistoryLocalState | undefined,
): string {
  const platform = node.workers[0]?.platforms[0];
  const json = {
    Ref: raw.ref,
    Frontend: raw.frontend,
    FrontendAttrs: record.frontendAttributes,
    Exporters: raw.exporters.map(({ type, attrs }) => withoutEmpty({ Type: type, Attrs: attrs })),
    error: raw.error && { code: raw.error.code, message: raw.error.message },
    CreatedAt: timeJson(raw.createdAt),
    CompletedAt: timeJson(raw.completedAt),
    logs: descriptorJson(raw.logs),
    ExporterResponse: raw.exporterResponse,
    Result: resultJson(raw.result),
    Results: mapValues(raw.results, resultJson),
    Generation: raw.generation,
    trace: descriptorJson(raw.trace),
    pinned: raw.pinned,
    numCachedSteps: raw.numCachedSteps,
    numTotalSteps: raw.numTotalSteps,
    numCompletedSteps: raw.numCompletedSteps,
    externalError: descriptorJson(raw.externalError),
    numWarnings: raw.numWarnings,
    DefaultPlatform: platform && platformName(platform),
    localState: localState && {
      Target: localState.target,
      LocalPath: localState.localPath,
      DockerfilePath: localState.dockerfilePath,
      GroupRef: localState.groupRef || undefined,
    },
  };
  return JSON.stringify(withoutEmpty(json), null, 2);
}

/** The fields of a message that Go writes: not those that are empty. */
function withoutEmpty(message: object): object {
  const isEmpty = (value: unknown) =>
    !value || (typeof value === "object" && Object.keys(value).length === 0);
  return Object.fromEntries(Object.entries(message).filter(([, value]) => !isEmpty(value)));
}

function timeJson(time: BuildHistoryRecord["createdAt"]) {
  return time && { seconds: Number(time.seconds), nanos: time.nanos };
}

function descriptorJson(descriptor: Descriptor | undefined) {
  if (!descriptor) return undefined;
  const { mediaType, digest, size, annotations } = descriptor;
  return withoutEmpty({ media_type: mediaType, digest, size: Number(size), annotations });
}

function resultJson(result: BuildResultInfo | undefined) {
  return (
    result &&
    withoutEmpty({
      ResultDeprecated: descriptorJson(result.resultDeprecated),
      Attestations: result.attestations.map(descriptorJson),
      Results: mapValues(result.results, descriptorJson),
    })
  );
}

function mapValues<T, U>(values: Record<string, T>, convert: (value: T) => U): Record<string, U> {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, convert(value)]));
}
