import { setTimeout as sleep } from "node:timers/promises";
import { Code } from "@connectrpc/connect";
import { encodeError } from "../../../errors/typed-error.js";
import { must } from "../../report/violation.js";
import type { ClientCheck } from "../check.js";
import { standardEvents, wanted } from "../standard-script.js";
import { aBuild, errorOf, resultOf } from "../subject.js";

/** The delay that the host asks for, in milliseconds: longer than a client's own delay before its first repetition. */
const delayMs = 2000;
/** What a timer may be early, in milliseconds. */
const timerErrorMs = 5;
/** The time limit of a call that is not answered, and when the host answers it after all, in milliseconds. */
const timeoutMs = 4000;
const lateMs = 15_000;

/** Checks of the time limits of calls, and of delays that the host asks for. */
export const timeChecks: ClientCheck[] = [
  {
    id: "CLI-RETRY-DELAY",
    title: "StartBuild and WatchBuild are repeated no earlier than the host asks for (google.rpc.RetryInfo)",
    rule: "call-it.md#any-other-language",
    async run(subject) {
      const stopping = encodeError({
        code: Code.Unavailable,
        reason: "HOST_STOPPING",
        message: "The host is stopping.",
        retryAfterMs: delayMs,
      });
      const { host, env } = await subject.host({
        startBuild() {
          if (host.callsOf("StartBuild").length === 1) throw stopping;
          return { build: { id: "build-1" } };
        },
        async *watchBuild(request) {
          if (host.callsOf("WatchBuild").length === 1) throw stopping;
          for (const event of wanted(standardEvents(), request)) yield { event };
        },
      });
      resultOf("A build on a host that asks for a delay", await subject.run(aBuild, env));
      for (const method of ["StartBuild", "WatchBuild"]) {
        const [first, second] = host.callsOf(method).map(({ at }) => at);
        const passed = Math.round(second! - first!);
        must(
          passed >= delayMs - timerErrorMs,
          `${method} was repeated after ${passed} ms, although the host asked for a delay of ${delayMs} ms.`,
        );
      }
    },
  },
  {
    id: "CLI-DEADLINE",
    title: "A call with a time limit sends it, and ends with DEADLINE_EXCEEDED when the host does not answer",
    rule: "call-it.md#any-other-language",
    async run(subject) {
      const { host, env } = await subject.host({
        async listBuilders() {
          await sleep(lateMs, undefined, { ref: false });
          return {};
        },
      });
      const answer = await subject.run({ command: "list-builders", timeoutMs }, env);
      const { code } = errorOf("A list that the host does not answer in time", answer);
      must(code === "DEADLINE_EXCEEDED", `The reported code is ${code}, expected DEADLINE_EXCEEDED.`);
      const [call] = host.callsOf("ListBuilders");
      must(call, "The client did not call ListBuilders.");
      const sent = call.timeoutMs;
      must(
        // Libraries round it.
        sent !== undefined && sent > 0 && sent <= 1.5 * timeoutMs,
        `The time limit of ListBuilders is ${sent === undefined ? "not sent" : `${sent} ms`}, expected ${timeoutMs} ms.`,
      );
    },
  },
];
