import { create } from "@bufbuild/protobuf";
import { type BuildResult, NodeResultSchema } from "../../../gen/slipway/build/v1/build_result_pb.js";
import type { Descriptor } from "../../../image/oci-index.js";
import { buildResult } from "../build-result.js";
import { digestKey, namesKey, withDescriptor } from "../exporter-response.js";
import type { NodeOutcome, NodePlan } from "../node-build.js";

/**
 * The result of a build on several nodes. Where their images were merged, its fields describe the merged image;
 * elsewhere those of the first node, as in buildx. `nodes` has what each node returned.
 */
export function mergeResults(
  plans: readonly NodePlan[],
  outcomes: readonly NodeOutcome[],
  merged: { descriptor?: Descriptor; names?: readonly string[] },
): BuildResult {
  const first = outcomes[0]!.exporterResponse;
  const described = merged.descriptor ? withDescriptor(first, merged.descriptor) : first;
  const response = merged.names ? { ...described, [namesKey]: merged.names.join(",") } : described;
  const nodes = plans.map(({ node, ref, platforms }, index) => {
    const { exporterResponse } = outcomes[index]!;
    return create(NodeResultSchema, {
      node: node.config.node,
      ref,
      platforms: [...platforms],
      imageDigest: exporterResponse[digestKey] ?? "",
      exporterResponse: { ...exporterResponse },
    });
  });
  return buildResult({ response, outcomes, cacheOnly: plans[0]!.solve.cacheOnly, nodes });
}
