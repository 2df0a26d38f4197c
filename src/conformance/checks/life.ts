import type { Duplex } from "node:stream";
import { Code } from "@connectrpc/connect";
import { NodeState } from "../../gen/slipway/common/v1/node_state_pb.js";
import type { BootstrapResponse } from "../../gen/slipway/driver/v1/driver_pb.js";
import { capabilityIds } from "../../plugin-protocol/capabilities.js";
import { failureOf, formatError, mustBeTyped, mustRefuse } from "../call-outcome.js";
import { type Check, has, needs } from "../check.js";
import { tryAcquire, withLease } from "../leases.js";
import { mustExplain, notRunning, stateOf } from "../node-status.js";
import { must } from "../report/violation.js";

/** Reads a Bootstrap to its end, which must be the status of a running node. */
async function restOf(
  first: IteratorResult<BootstrapResponse>,
  messages: AsyncIterator<BootstrapResponse>,
): Promise<void> {
  let last = first;
  for (let next = first; !next.done; next = await messages.next()) last = next;
  const status = last.value?.event.case === "status" ? last.value.event.value : undefined;
  must(
    status?.state === NodeState.RUNNING,
    `A Bootstrap ended in state ${stateOf(status)}: ${status?.reason}`,
  );
}

/** The first bytes of a stream; undefined when it ends without any. */
async function firstBytes(stream: Duplex): Promise<Buffer | undefined> {
  try {
    for await (const bytes of stream) return bytes;
  } catch {
    // A broken stream counts as ended.
  } finally {
    stream.destroy();
  }
  return undefined;
}

/** Checks of Stop and Remove. */
export const lifeChecks: Check[] = [
  {
    id: "DRV-LIFE-CONCURRENT",
    title: "Stop and Remove during a Bootstrap wait for it or are ABORTED, and the node works afterwards",
    rule: "the-calls",
    backend: true,
    when: needs(capabilityIds.createBuilders),
    async run(subject) {
      const { driver, ...target } = await subject.target();
      const node = { ...target.node, force: true };
      const others: Record<string, () => Promise<unknown>> = {
        ...(has(subject, capabilityIds.stopBuilders) && { Stop: () => driver.stop(node) }),
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
          const actual = formatError(error);
          must(error.code === Code.Aborted, `With ${rpc} during a Bootstrap, ${name} ended with ${actual}.`);
          mustBeTyped(name, error);
          return error;
        });
        must(
          (await Promise.all(errors)).some((error) => !error),
          `A Bootstrap and a ${rpc} were both ABORTED.`,
        );
        mustExplain((await driver.inspect(node)).status);
        await subject.bootstrap();
      }
    },
  },
  {
    id: "DRV-ACQUIRE-GONE",
    title: "After Stop, a connection of a lease is refused or ends without a byte",
    rule: "leases",
    backend: true,
    when: needs(capabilityIds.stopBuilders),
    async run(subject) {
      await withLease(subject, async (lease, driver) => {
        const open = () => lease.open({ allowHalfOpen: true });
        // The first connection may be one that Acquire has opened.
        (await open()).destroy();
        await driver.stop({ ...(await subject.node()), force: true });
        const stream = await open().catch(() => undefined);
        const bytes = stream && (await firstBytes(stream));
        must(!bytes?.length, `After Stop, a connection of a lease received ${JSON.stringify(`${bytes}`)}.`);
      });
      await subject.bootstrap();
    },
  },
  {
    id: "DRV-LIFE-STOP",
    title: "Stop stops and keeps the node, also repeatedly; then Acquire fails and Bootstrap starts it again",
    rule: "the-calls",
    backend: true,
    when: needs(capabilityIds.stopBuilders),
    async run(subject) {
      const { driver, node } = await subject.target();
      await subject.bootstrap();
      for (let attempt = 0; attempt < 2; attempt++) {
        const { status } = await driver.stop(node);
        mustExplain(status);
        must(status.state === NodeState.STOPPED, `After Stop, the node is in state ${stateOf(status)}.`);
      }
      await mustRefuse("Acquire of a stopped node", tryAcquire(driver, node), notRunning);
      await subject.bootstrap();
    },
  },
  {
    id: "DRV-LIFE-REMOVE",
    title: "Remove deletes the node, also repeatedly",
    rule: "the-calls",
    backend: true,
    when: needs(capabilityIds.createBuilders),
    async run(subject) {
      const { driver, node } = await subject.target();
      await subject.bootstrap();
      await driver.remove({ ...node, force: true });
      await driver.remove({ ...node, force: true });
      const { status } = await driver.inspect(node);
      mustExplain(status);
      // A driver without Stop creates nothing that can be absent.
      if (!has(subject, capabilityIds.stopBuilders)) return;
      must(status.state === NodeState.ABSENT, `After Remove, the node is in state ${stateOf(status)}.`);
    },
  },
  {
    id: "DRV-LIFE-SECRETS",
    title: "No log contains credentials of Bootstrap",
    rule: "5-logs",
    process: true,
    backend: true,
    async run(subject) {
      await subject.bootstrap();
      must(
        !(await subject.processes.written()).includes(subject.canary),
        "The plugin's log contains a credential.",
      );
    },
  },
];
