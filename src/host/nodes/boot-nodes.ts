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

/** A node and, when it was inspected a moment ago, its status. */
export type NodeToBoot = { config: NodeConfig } & Pick<OpenOptions, "status">;

/** Boots nodes concurrently and yields their progress. Returns, or throws the first error, when all have settled. */
export async function* bootNodes(
  nodes: Nodes,
  driver: string,
  nodesToBoot: readonly NodeToBoot[],
  options: Omit<OpenOptions, "onProgress" | "status">,
): AsyncGenerator<BootStep, void> {
  // A failure does not end the other boots.
  const outcomes = yield* reporting((report: (step: BootStep) => void) =>
    Promise.allSettled(
      nodesToBoot.map(async ({ config, status }) => {
        const onProgress = (progress: Progress) => report({ node: config.node, progress });
        await nodes.boot(driver, config, { ...options, status, onProgress });
      }),
    ),
  );
  const failed = outcomes.find((outcome) => outcome.status === "rejected");
  if (failed) throw failed.reason;
}
