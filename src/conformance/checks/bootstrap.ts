import { Code } from "@connectrpc/connect";
import { NodeState } from "../../gen/slipway/common/v1/node_state_pb.js";
import { capabilityIds } from "../../plugin-protocol/capabilities.js";
import { failureOf, formatError, isReason } from "../call-outcome.js";
import { type Check, has } from "../check.js";
import { mustExplain } from "../node-status.js";
import { must } from "../report/violation.js";
import { collect } from "../streams.js";

/** Checks of Bootstrap and Inspect. */
export const bootstrapChecks: Check[] = [
  {
    id: "DRV-BOOTSTRAP",
    title: "Bootstrap ends with the running node's status in the last message only; a second call does too",
    rule: "the-calls",
    backend: true,
    async run(subject) {
      const { driver } = await subject.peer();
      for (let attempt = 0; attempt < 2; attempt++) {
        const messages = await collect(driver.bootstrap(await subject.node()));
        const early = messages.slice(0, -1).some(({ event }) => event.case !== "progress");
        must(!early, "A message of Bootstrap before the last one is not progress.");
        const last = messages.at(-1)?.event;
        must(last?.case === "status", "The last message of Bootstrap is not a status.");
        must(
          last.value.state === NodeState.RUNNING,
          `Bootstrap ended in state ${NodeState[last.value.state]}: ${last.value.message}`,
        );
        for (const { event } of messages)
          must(event.case !== "progress" || event.value.id, "A step has no id.");
      }
    },
  },
  {
    id: "DRV-BOOTSTRAP-CONCURRENT",
    title: "Two concurrent Bootstraps of one node succeed, or one is ABORTED",
    rule: "the-calls",
    backend: true,
    async run(subject) {
      const both = [subject.bootstrap(), subject.bootstrap()].map(failureOf);
      for (const error of await Promise.all(both)) {
        if (!error) continue;
        must(
          error.code === Code.Aborted,
          `One of two concurrent Bootstraps ended with ${formatError(error)}.`,
        );
      }
      await subject.bootstrap();
    },
  },
  {
    id: "DRV-BOOTSTRAP-CANCEL",
    title: "The next Bootstrap succeeds after a cancelled one",
    rule: "the-calls",
    backend: true,
    async run(subject) {
      const { driver, node } = await subject.target();
      if (has(subject, capabilityIds.stopBuilders)) await driver.stop({ ...node, force: true });
      const cancel = new AbortController();
      const cancelled = async () => {
        for await (const _ of driver.bootstrap(node, { signal: cancel.signal })) cancel.abort();
      };
      await cancelled().catch(() => {});
      mustExplain((await driver.inspect(node)).status);
      await subject.bootstrap();
    },
  },
  {
    id: "DRV-INSPECT",
    title: "Inspect reports the running node, also from a new process; missing features have a reason",
    rule: "capabilities-and-features",
    backend: true,
    async run(subject) {
      await subject.bootstrap();
      const node = await subject.node();
      const peers = {
        "The same process": await subject.peer(),
        ...(!subject.processes.isAttached && { "A new process": await subject.processes.fresh().peer() }),
      };
      for (const [who, { driver }] of Object.entries(peers)) {
        const { status } = await driver.inspect(node, { timeoutMs: 30_000 });
        mustExplain(status);
        must(
          status.state === NodeState.RUNNING,
          `${who} reports the running node in state ${NodeState[status.state]}: ${status.message}`,
        );
        for (const { id, supported, reason, message } of status.features) {
          must(id, "A feature has no id.");
          if (supported) continue;
          must(message, `The unsupported feature ${id} has no message.`);
          must(isReason(reason), `"${reason}" is not a valid reason of the unsupported feature ${id}.`);
        }
        for (const dynamicNode of status.dynamicNodes) must(dynamicNode.name, "A dynamic node has no name.");
      }
    },
  },
];
