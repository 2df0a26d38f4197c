import { create } from "@bufbuild/protobuf";
import { type BuildResult, NodeResultSchema } from "../../../gen/slipway/v1/build_event_pb.js";
import type { Descriptor } from "../../../image/oci-index.js";
import { buildResult } from "../build-result.js";
import type { Solved } from "../solve.js";
import type { BuildPart } from "./build-part.js";

/**
 * What several nodes made. Where their images became one, the exporters' answer is about that; else it is that of the
 * first node, as in buildx. What each node answered stands beside it.
 */
export function jointResult(
  parts: readonly BuildPart[],
  solved: readonly Solved[],
  merged: { descriptor?: Descriptor; names?: readonly string[] },
): BuildResult {
  const exporterResponse = { ...solved[0]!.exporterResponse };
  if (merged.descriptor) {
    delete exporterResponse["containerimage.config.digest"];
    exporterResponse["containerimage.digest"] = merged.descriptor.digest;
    exporterResponse["containerimage.descriptor"] = Buffer.from(JSON.stringify(merged.descriptor)).toString(
      "base64",
    );
  }
  if (merged.names) exporterResponse["image.name"] = merged.names.join(",");
  const nodes = parts.map(({ node, ref, platforms }, index) => ({
    node: node.config.node,
    ref,
    platforms: [...platforms],
    imageDigest: solved[index]!.exporterResponse["containerimage.digest"] ?? "",
    exporterResponse: solved[index]!.exporterResponse,
  }));
  const [first, ...others] = solved as [Solved, ...Solved[]];
  return Object.assign(buildResult([{ ...first, exporterResponse }, ...others], parts[0]!.plan), {
    nodes: nodes.map((node) => create(NodeResultSchema, node)),
  });
}
