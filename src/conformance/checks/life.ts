import type { Duplex } from "node:stream";
import { Code } from "@connectrpc/connect";
import type { BootstrapResponse } from "../../gen/slipway/driver/v1/driver_pb.js";
import { NodeState, type NodeStatus } from "../../gen/slipway/driver/v1/node_pb.js";
import { dialRaw } from "../../plugin-client/dial.js";
import { failureOf, formatError, isReason, mustBeTyped, mustRefuse } from "../call-outcome.js";
import { type Check, has, needs } from "../check.js";
import { must } from "../violation.js";

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

/** Reads a Bootstrap to its end, which must be the status of the running node. */
async function restOf(
  first: IteratorResult<BootstrapResponse>,
  messages: AsyncIterator<BootstrapResponse>,
): Promise<void> {
  let last = first;
  for (let next = first; !next.done; next = await messages.next()) last = next;
  const status = last.value?.event.case === "status" ? last.value.event.value : undefined;
  const state = NodeState[status?.state ?? NodeState.UNSPECIFIED];
  must(status?.state === NodeState.RUNNING, `a Bootstrap ended in state ${state}: ${status?.reason}`);
}

/** The first bytes that come, or undefined when the stream ends without any. */
async function firstBytes(stream: Duplex): Promise<Buffer | undefined> {
  try {
    for await (const bytes of stream) return bytes;
  } catch {
    // It broke, which is an end, too.
  } finally {
    stream.destroy();
  }
  return undefined;
}

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
        const { driver, node } = await subject.target();
        const stops = has(subject, "builders.stop");
        for (let turn = 0; turn < 2; turn++) {
          mustExplain((await driver.inspect(node)).status);
          if (stops) mustExplain((await driver.stop(node)).status);
          await driver.remove(node);
        }
      },
    },
    {
      id: "DRV-DIAL-ABSENT",
      title: "Dial of a node that was never booted fails, and makes none",
      rule: "the-calls",
      backend: true,
      when: needs("builders.stop"),
      async run(subject) {
        const { driver, node } = await subject.target();
        await mustRefuse("Dial of a node that was never booted", driver.dial(node), notThere);
        const { status } = await driver.inspect(node);
        const state = NodeState[status?.state ?? NodeState.UNSPECIFIED];
        must(status?.state === NodeState.ABSENT, `after Dial a node that was never booted is ${state}`);
      },
    },
  ],
  end: [
    {
      id: "DRV-LIFE-CONCURRENT",
      title: "Stop and Remove during a Bootstrap wait for it or are ABORTED, and the node is well afterwards",
      rule: "the-calls",
      backend: true,
      when: needs("builders.create"),
      async run(subject) {
        const { driver, ...target } = await subject.target();
        const node = { ...target.node, force: true };
        const others: Record<string, () => Promise<unknown>> = {
          ...(has(subject, "builders.stop") && { Stop: () => driver.stop(node) }),
          Remove: () => driver.remove(node),
        };
        for (const [rpc, call] of Object.entries(others)) {
          await driver.remove(node);
          const messages = driver.bootstrap(node)[Symbol.asyncIterator]();
          const first = await messages.next();
          const both = { [rpc]: call(), Bootstrap: restOf(first, messages) };
          const errors = Object.entries(both).map(async ([name, one]) => {
            const error = await failureOf(one);
            if (!error) return undefined;
            const seen = formatError(error);
            must(error.code === Code.Aborted, `with ${rpc} during a Bootstrap, ${name} ended with ${seen}`);
            mustBeTyped(name, error);
            return error;
          });
          must(
            (await Promise.all(errors)).some((error) => !error),
            `of a Bootstrap and a ${rpc} both are ABORTED`,
          );
          mustExplain((await driver.inspect(node)).status);
          await subject.bootstrap();
        }
      },
    },
    {
      id: "DRV-DIAL-GONE",
      title:
        "a connection to what Dial returned ends without a byte, or is refused, once the node has stopped",
      rule: "the-calls",
      backend: true,
      when: needs("builders.stop"),
      async run(subject) {
        await subject.bootstrap();
        const { driver, node } = await subject.target();
        const dialled = await driver.dial(node);
        const lease = { driver: { ...driver, dial: async () => dialled }, descriptor: subject.driver };
        const open = () => dialRaw(lease, node.config, new AbortController().signal);
        // The first one may get what Dial itself has opened.
        (await open()).destroy();
        await driver.stop({ ...node, force: true });
        const stream = await open().catch(() => undefined);
        const bytes = stream && (await firstBytes(stream));
        must(
          !bytes?.length,
          `after Stop a connection to what Dial returned says ${JSON.stringify(`${bytes}`)}`,
        );
        await subject.bootstrap();
      },
    },
    {
      id: "DRV-LIFE-STOP",
      title: "Stop ends the node and keeps it, however often; then Dial fails and Bootstrap starts it again",
      rule: "the-calls",
      backend: true,
      when: needs("builders.stop"),
      async run(subject) {
        const { driver, node } = await subject.target();
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
        const { driver, node } = await subject.target();
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
