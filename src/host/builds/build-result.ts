import { create } from "@bufbuild/protobuf";
import { type BuildResult, BuildResultSchema, type NodeResult } from "../../gen/slipway/v1/build_event_pb.js";
import { configDigestKey, digestKey, type ExporterResponse, namesIn } from "./exporter-response.js";
import type { NodeOutcome } from "./node-build.js";

const text = new TextDecoder();

/** What a build made. */
export interface Made {
  /** What the exporters returned about the result of the whole build. */
  readonly response: ExporterResponse;
  /** What each node returned. */
  readonly outcomes: readonly NodeOutcome[];
  readonly cacheOnly: boolean;
  /** Per node; for builds on several nodes only. */
  readonly nodes?: NodeResult[];
}

/** The result of a build for its client. A call's answer is that of the first node. */
export function buildResult({ response, outcomes, cacheOnly, nodes }: Made): BuildResult {
  const answer = outcomes[0]?.answer;
  return create(BuildResultSchema, {
    imageDigest: response[digestKey],
    configDigest: response[configDigestKey],
    imageNames: namesIn(response),
    exporterResponse: { ...response },
    cacheOnly,
    provenance: outcomes.flatMap(({ provenance }) => provenance),
    call: answer && {
      json: answer["result.json"],
      text: text.decode(answer["result.txt"]),
      statusCode: Number(text.decode(answer["result.statuscode"]) || 0),
    },
    nodes,
  });
}
