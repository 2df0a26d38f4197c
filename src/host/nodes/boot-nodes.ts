import type { Progress } from "../../gen/slipway/common/v1/progress_pb.js";
import type { NodeConfig } from "../../gen/slipway/driver/v1/node_pb.js";
import { reporting } from "../../util/reporting.js";
import type { Nodes } from "./nodes.js";
import type { OpenOptions } from "./running-node.js";

/** A step of a node's boot. */
export interface BootStep {
  node: string;
  progress: Progress;
}

/** Boots nodes concurrently and yields their progress. Returns, or throws the first error, when all have settled. */
export async function* bootNodes(
  nodes: Nodes,
  driver: string,
  configs: readonly NodeConfig[],
  options: Omit<OpenOptions, "onProgress">,
): AsyncGenerator<BootStep, void> {
  // A failure does not end the other boots.
  const outcomes = yield* reporting((report: (step: BootStep) => void) =>
    Promise.allSettled(
      configs.map(async (config) => {
        const onProgress = (progress: Progress) => report({ node: config.node, progress });
        await nodes.boot(driver, config, { ...options, onProgress });
      }),
    ),
  );
  const failed = outcomes.find((outcome) => outcome.status === "rejected");
  if (failed) throw failed.reason;
}
