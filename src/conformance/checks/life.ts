import { Code } from "@connectrpc/connect";
import { NodeState, type NodeStatus } from "../../gen/slipway/driver/v1/node_pb.js";
import { type Check, has, isReason, must, mustRefuse, needs } from "../check.js";

/** Every state but running has a reason. */
export function mustExplain(status: NodeStatus | undefined): asserts status {
  must(
    status && NodeState[status.state] && status.state !== NodeState.UNSPECIFIED,
    "the status has no state",
  );
  if (status.state === NodeState.RUNNING) return;
  const state = NodeState[status.state];
  must(status.reason, `a node in state ${state} has no reason`);
  must(isReason(status.reasonCode), `"${status.reasonCode}" is no reason_code of the state ${state}`);
}

/** What says that a node, or the way to it, is not there. */
export const notThere = [Code.Unavailable, Code.FailedPrecondition];

/** The beginning and the end of a node. */
export const lifeChecks: Record<"absent" | "end", Check[]> = {
  absent: [
    {
      id: "DRV-LIFE-ABSENT",
      title: "Inspect, Stop and Remove of a node that was never made are no errors, however often",
      rule: "the-calls",
      backend: true,
      when: needs("builders.create"),
      async run(subject) {
        const { driver } = await subject.peer();
        const node = await subject.node();
        const stops = has(subject, "builders.stop");
        for (let turn = 0; turn < 2; turn++) {
          mustExplain((await driver.inspect(node)).status);
          if (stops) mustExplain((await driver.stop(node)).status);
          await driver.remove(node);
        }
      },
    },
  ],
  end: [
    {
      id: "DRV-LIFE-STOP",
      title: "Stop ends the node and keeps it, however often; then Dial fails and Bootstrap starts it again",
      rule: "the-calls",
      backend: true,
      when: needs("builders.stop"),
      async run(subject) {
        const { driver } = await subject.peer();
        const node = await subject.node();
        await subject.bootstrap();
        for (let turn = 0; turn < 2; turn++) {
          const { status } = await driver.stop(node);
          mustExplain(status);
          must(status.state === NodeState.STOPPED, `Stop left the node in state ${NodeState[status.state]}`);
        }
        await mustRefuse("Dial of a stopped node", driver.dial(node), notThere);
        await subject.bootstrap();
      },
    },
    {
      id: "DRV-LIFE-REMOVE",
      title: "Remove deletes the node, however often",
      rule: "the-calls",
      backend: true,
      when: needs("builders.create"),
      async run(subject) {
        const { driver } = await subject.peer();
        const node = await subject.node();
        await subject.bootstrap();
        await driver.remove({ ...node, force: true });
        await driver.remove({ ...node, force: true });
        const { status } = await driver.inspect(node);
        mustExplain(status);
        // A driver that stops nothing has made nothing that could be absent.
        if (!has(subject, "builders.stop")) return;
        must(
          status.state === NodeState.ABSENT,
          `after Remove the node is in state ${NodeState[status.state]}`,
        );
      },
    },
    {
      id: "DRV-LIFE-SECRETS",
      title: "credentials given to Bootstrap are in no log",
      rule: "5-logs",
      backend: true,
      async run(subject) {
        await subject.bootstrap();
        must(!(await subject.written()).includes(subject.canary), "a credential is in the plugin's log");
      },
    },
  ],
};
