import { Code } from "@connectrpc/connect";
import { NodeState } from "../../gen/slipway/driver/v1/node_pb.js";
import { failureOf, formatError } from "../call-outcome.js";
import { type Check, has } from "../check.js";
import { collect } from "../streams.js";
import { must } from "../violation.js";
import { mustExplain } from "./life.js";

/** Making a node run. */
export const bootstrapChecks: Check[] = [
  {
    id: "DRV-BOOTSTRAP",
    title: "Bootstrap ends with the running node's status, and only the last message has it; twice is fine",
    rule: "the-calls",
    backend: true,
    async run(subject) {
      const { driver } = await subject.peer();
      for (let turn = 0; turn < 2; turn++) {
        const messages = await collect(driver.bootstrap(await subject.node()));
        const early = messages.slice(0, -1).some(({ event }) => event.case !== "progress");
        must(!early, "a message of Bootstrap before the last one is no progress");
        const last = messages.at(-1)?.event;
        must(last?.case === "status", "the last message of Bootstrap is no status");
        must(
          last.value.state === NodeState.RUNNING,
          `Bootstrap ended in state ${NodeState[last.value.state]}: ${last.value.reason}`,
        );
        for (const { event } of messages)
          must(event.case !== "progress" || event.value.id, "a step has no id");
      }
    },
  },
  {
    id: "DRV-BOOTSTRAP-CONCURRENT",
    title: "two Bootstraps of one node at the same time do not cross each other",
    rule: "the-calls",
    backend: true,
    async run(subject) {
      const both = [subject.bootstrap(), subject.bootstrap()].map(failureOf);
      for (const error of await Promise.all(both)) {
        if (!error) continue;
        must(error.code === Code.Aborted, `one of two Bootstraps ended with ${formatError(error)}`);
      }
      await subject.bootstrap();
    },
  },
  {
    id: "DRV-BOOTSTRAP-CANCEL",
    title: "a cancelled Bootstrap leaves nothing that the next one does not take up",
    rule: "the-calls",
    backend: true,
    async run(subject) {
      const { driver, node } = await subject.target();
      if (has(subject, "builders.stop")) await driver.stop({ ...node, force: true });
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
    title: "Inspect sees the running node, also from a new process; features that are missing say why",
    rule: "capabilities-and-features",
    backend: true,
    async run(subject) {
      await subject.bootstrap();
      const node = await subject.node();
      const peers = {
        "the same process": await subject.peer(),
        "a new process": await subject.fresh().peer(),
      };
      for (const [who, { driver }] of Object.entries(peers)) {
        const { status } = await driver.inspect(node, { timeoutMs: 30_000 });
        mustExplain(status);
        must(
          status.state === NodeState.RUNNING,
          `${who} sees the running node in state ${NodeState[status.state]}: ${status.reason}`,
        );
        for (const { id, supported, reason } of status.features) {
          must(id, "a feature has no id");
          must(supported || reason, `the feature ${id} is not supported, and there is no reason`);
        }
        for (const part of status.dynamicNodes) must(part.name, "a dynamic node has no name");
      }
    },
  },
];
