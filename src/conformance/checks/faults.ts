import { Code } from "@connectrpc/connect";
import { NodeState } from "../../gen/slipway/common/v1/node_state_pb.js";
import { capabilityIds } from "../../plugin-protocol/capabilities.js";
import { settlesWithin } from "../../util/settles-within.js";
import { failureOf, formatError, mustRefuse, mustSucceed } from "../call-outcome.js";
import { type Check, has, unreachableBackend } from "../check.js";
import { tryAcquire } from "../leases.js";
import { mustExplain } from "../node-status.js";
import { must } from "../report/violation.js";
import { collect } from "../streams.js";

/** Codes of a backend that does not answer or refuses the user. */
const refusals = [Code.Unavailable, Code.PermissionDenied, Code.Unauthenticated];
/** Codes of a call whose deadline has expired; a server may see the deadline as a cancellation. */
const deadlineCodes = [Code.DeadlineExceeded, Code.Canceled];
/** How long a call may continue after its deadline on a busy machine, in milliseconds. */
const graceMs = 15_000;

/** Checks with unreachable backends and deadlines. */
export const faultChecks: Check[] = [
  {
    id: "DRV-UNREACHABLE",
    title:
      "With an unreachable backend Inspect returns a state with a reason, and Acquire fails with UNAVAILABLE",
    rule: "errors",
    backend: true,
    when: unreachableBackend,
    async run(subject) {
      const { driver } = await subject.peer();
      const node = await subject.unreachable();
      const what = "of a node whose backend cannot be reached";
      const limit = { timeoutMs: 30_000 };
      const { status } = await mustSucceed(`Inspect ${what}`, driver.inspect(node, limit));
      mustExplain(status);
      must(
        status.state === NodeState.UNREACHABLE,
        `Inspect ${what} returned the state ${NodeState[status.state]}.`,
      );
      await mustRefuse(`Acquire ${what}`, tryAcquire(driver, node, limit), refusals);
    },
  },
  {
    id: "DRV-CALL-DEADLINE",
    title: "A Bootstrap ends at its deadline, and the next one continues with what is left",
    rule: "errors",
    backend: true,
    async run(subject) {
      const { driver, node } = await subject.target();
      if (has(subject, capabilityIds.stopBuilders)) await driver.stop({ ...node, force: true });
      // The deadline is only in the header, so that the plugin has to end the call and not this client.
      const mustEnd = async (what: string, request: typeof node, ms: number, codes: Code[]) => {
        const headers = { "grpc-timeout": `${ms}m` };
        const failure = failureOf(collect(driver.bootstrap(request, { headers, timeoutMs: undefined })));
        const ended = await settlesWithin(ms + graceMs, failure);
        must(ended, `${what} still runs ${graceMs / 1000} s after its deadline.`);
        const error = await failure;
        must(!error || codes.includes(error.code), `${what} ended with ${error && formatError(error)}.`);
      };
      await mustEnd("A Bootstrap with a deadline", node, 50, deadlineCodes);
      mustExplain((await driver.inspect(node)).status);
      if (!unreachableBackend.missing(subject)) {
        const unreachable = await subject.unreachable();
        await mustEnd("A Bootstrap without a backend", unreachable, 1000, [...deadlineCodes, ...refusals]);
      }
      await subject.bootstrap();
    },
  },
];
