import type { Progress } from "../../gen/slipway/driver/v1/driver_pb.js";
import type { NodeConfig } from "../../gen/slipway/driver/v1/node_pb.js";
import { reporting } from "../../util/reporting.js";
import type { Nodes } from "./nodes.js";
import type { BootOptions } from "./running-node.js";

/** A step of a node's boot. */
export interface BootStep {
  node: string;
  progress: Progress;
}

/** Boots nodes at the same time; yields their progress and ends, or throws, when all are done. */
export async function* bootNodes(
  nodes: Nodes,
  driver: string,
  configs: readonly NodeConfig[],
  options: Pick<BootOptions, "signal" | "credentials">,
): AsyncGenerator<BootStep, void> {
  // One that fails does not end the others.
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
