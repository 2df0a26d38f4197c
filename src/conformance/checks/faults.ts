import { Code } from "@connectrpc/connect";
import { NodeState } from "../../gen/slipway/driver/v1/node_pb.js";
import { failureOf, formatError, mustRefuse, mustSucceed } from "../call-outcome.js";
import { type Check, has, unreachableBackend } from "../check.js";
import { collect } from "../streams.js";
import { must } from "../violation.js";
import { mustExplain } from "./life.js";

/** What says that a backend does not answer, or refuses this user. */
const refusals = [Code.Unavailable, Code.PermissionDenied, Code.Unauthenticated];
/** What a call whose deadline has passed ends with; a server that is cancelled at it may say that instead. */
const tooLate = [Code.DeadlineExceeded, Code.Canceled];
/** So long a call may go on after its deadline, in milliseconds: machines are busy. */
const promptMs = 15_000;

/** Backends that do not answer, and callers that do not wait. */
export const faultChecks: Check[] = [
  {
    id: "DRV-UNREACHABLE",
    title: "a backend that does not answer is a state with its reason in Inspect, and UNAVAILABLE in Dial",
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
        `Inspect ${what} says that it is in state ${NodeState[status.state]}`,
      );
      await mustRefuse(`Dial ${what}`, driver.dial(node, limit), refusals);
    },
  },
  {
    id: "DRV-CALL-DEADLINE",
    title: "a Bootstrap whose deadline passes ends with it, and the next one takes up what is left",
    rule: "errors",
    backend: true,
    async run(subject) {
      const { driver, node } = await subject.target();
      if (has(subject, "builders.stop")) await driver.stop({ ...node, force: true });
      // Only the plugin is told of the deadline: what it makes of it is seen.
      const late = async (what: string, request: typeof node, ms: number, codes: Code[]) => {
        const headers = { "grpc-timeout": `${ms}m` };
        const call = collect(driver.bootstrap(request, { headers, timeoutMs: undefined }));
        let timer: NodeJS.Timeout | undefined;
        const patience = new Promise<"late">((resolve) => {
          timer = setTimeout(resolve, ms + promptMs, "late");
        });
        const how = await Promise.race([failureOf(call), patience]);
        clearTimeout(timer);
        must(how !== "late", `${what} still runs ${promptMs / 1000} s after its deadline`);
        const fits = !how || codes.includes(how.code);
        must(fits, `${what} ended with ${how && formatError(how)}`);
      };
      await late("a Bootstrap with a deadline", node, 50, tooLate);
      mustExplain((await driver.inspect(node)).status);
      if (!unreachableBackend.missing(subject)) {
        const gone = await subject.unreachable();
        await late("a Bootstrap without a backend", gone, 1000, [...tooLate, ...refusals]);
      }
      await subject.bootstrap();
    },
  },
];
