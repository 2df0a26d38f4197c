import { NodeState } from "../../gen/slipway/common/v1/node_state_pb.js";
import { capabilityIds } from "../../plugin-protocol/capabilities.js";
import { mustRefuse } from "../call-outcome.js";
import { type Check, has, needs } from "../check.js";
import { tryAcquire } from "../leases.js";
import { mustExplain, notRunning, stateOf } from "../node-status.js";
import { must } from "../report/violation.js";

/** Checks of a node that was never booted. */
export const absentChecks: Check[] = [
  {
    id: "DRV-LIFE-ABSENT",
    title: "Inspect, Stop and Remove of a node that was never created succeed, also repeatedly",
    rule: "the-calls",
    backend: true,
    when: needs(capabilityIds.createBuilders),
    async run(subject) {
      const { driver, node } = await subject.target();
      const stops = has(subject, capabilityIds.stopBuilders);
      for (let attempt = 0; attempt < 2; attempt++) {
        mustExplain((await driver.inspect(node)).status);
        if (stops) mustExplain((await driver.stop(node)).status);
        await driver.remove(node);
      }
    },
  },
  {
    id: "DRV-ACQUIRE-ABSENT",
    title: "Acquire of a node that was never booted fails, and does not create the node",
    rule: "the-calls",
    backend: true,
    when: needs(capabilityIds.stopBuilders),
    async run(subject) {
      const { driver, node } = await subject.target();
      await mustRefuse("Acquire of a node that was never booted", tryAcquire(driver, node), notRunning);
      const { status } = await driver.inspect(node);
      must(
        status?.state === NodeState.ABSENT,
        `After Acquire, a node that was never booted is in state ${stateOf(status)}.`,
      );
    },
  },
];
