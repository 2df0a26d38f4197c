import { create } from "@bufbuild/protobuf";
import { type BuildResult, BuildResultSchema } from "../../gen/slipway/v1/build_event_pb.js";
import type { Plan } from "./plan.js";
import type { Solved } from "./solve.js";

const text = new TextDecoder();

/** What a build made, from what the exporters of the first node returned, and the provenance of all. */
export function buildResult(solved: Solved[], plan: Plan): BuildResult {
  const { exporterResponse, answer } = solved[0]!;
  return create(BuildResultSchema, {
    imageDigest: exporterResponse["containerimage.digest"],
    configDigest: exporterResponse["containerimage.config.digest"],
    imageNames: (exporterResponse["image.name"] ?? "").split(",").filter(Boolean),
    exporterResponse,
    cacheOnly: plan.cacheOnly,
    provenance: solved.flatMap(({ provenance = [] }) => provenance),
    call: answer && {
      json: answer["result.json"],
      text: text.decode(answer["result.txt"]),
      statusCode: Number(text.decode(answer["result.statuscode"]) || 0),
    },
  });
}
