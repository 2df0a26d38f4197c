import { create } from "@bufbuild/protobuf";
import {
  type BuildResult,
  BuildResultSchema,
  type NodeResult,
} from "../../gen/slipway/build/v1/build_result_pb.js";
import { fullName } from "../../image/reference.js";
import { digestsIn, type ExporterResponse, namesIn } from "./exporter-response.js";
import { defaultImageId } from "./images/image-id.js";
import type { NodeOutcome } from "./node-build.js";

const text = new TextDecoder();

/** What a build made. */
export interface BuildOutcome {
  /** What the exporters returned about the result of the whole build. */
  readonly response: ExporterResponse;
  /** What each node returned. */
  readonly outcomes: readonly NodeOutcome[];
  readonly cacheOnly: boolean;
  /** Per node; for builds on several nodes only. */
  readonly nodes?: NodeResult[];
  /** The names that the exporters were given; BuildKit before 0.9 does not return those of the image. */
  readonly given?: readonly string[];
  /** The id of the image in the store that has it; by default that of an image in none. */
  readonly imageId?: string;
}

/** The result of a build for its client. A call's answer is that of the first node. */
export function buildResult({
  response,
  outcomes,
  cacheOnly,
  nodes,
  given = [],
  imageId,
}: BuildOutcome): BuildResult {
  const digests = digestsIn(response);
  const answer = outcomes[0]?.answer;
  const reported = namesIn(response);
  const names = reported.length > 0 || !digests.imageDigest ? reported : given;
  return create(BuildResultSchema, {
    ...digests,
    imageId: imageId ?? defaultImageId(digests),
    // BuildKit reports names as they were given or in full, depending on the exporter.
    imageNames: [...new Set(names.map(fullName))],
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
