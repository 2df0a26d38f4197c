import { Code } from "@connectrpc/connect";
import { encodeError } from "../../../errors/typed-error.js";
import type { WatchBuildRequest } from "../../../gen/slipway/v1/build_pb.js";
import { must } from "../../report/violation.js";
import type { ClientCheck } from "../check.js";
import type { Answer } from "../contract.js";
import type { CallRecord } from "../host-script.js";
import type { ScriptedHost } from "../scripted-host.js";
import { standardEvents, wanted } from "../standard-script.js";
import { aBuild, errorOf, resultOf, type Subject } from "../subject.js";

/** The last sequence numbers that the scripted host sends before it breaks the watch. */
const breaks = [2, 4];

/** Checks of WatchBuild and its resumption. */
export const watchChecks: ClientCheck[] = [
  {
    id: "CLI-WATCH-RESUME",
    title: "A watch that was cut continues after the last event; none is lost or doubled",
    rule: "api.md#a-build",
    run: (subject) => resumes(subject, (call) => call.cut()),
  },
  {
    id: "CLI-WATCH-NO-STATUS",
    title: "A watch continues when its stream ended without a status or was reset",
    rule: "api.md#a-build",
    async run(subject) {
      await resumes(subject, (call) => call.hangUp("end"));
      await resumes(subject, (call) => call.hangUp("reset"));
    },
  },
  {
    id: "CLI-WATCH-UNFINISHED",
    title: "A watch whose stream ended with success before the build did continues",
    rule: "api.md#a-build",
    run: (subject) => resumes(subject, async () => {}),
  },
  {
    id: "CLI-WATCH-STOPPING",
    title: "A watch continues when the host was restarted (HOST_STOPPING)",
    rule: "api.md#any-call",
    run: (subject) =>
      resumes(subject, async () => {
        throw encodeError({
          code: Code.Unavailable,
          reason: "HOST_STOPPING",
          message: "The host is stopping.",
        });
      }),
  },
  {
    id: "CLI-WATCH-TOKEN",
    title: "A watch whose token has expired continues with the next token",
    rule: "call-it.md#any-other-language",
    level: "SHOULD",
    run: (subject) =>
      resumes(subject, async () => {
        throw encodeError({
          code: Code.Unauthenticated,
          reason: "TOKEN_EXPIRED",
          message: "The token has expired.",
        });
      }),
  },
  {
    id: "CLI-WATCH-REFUSED",
    title: "An error with another reason ends the watch and is reported",
    rule: "call-it.md#any-other-language",
    async run(subject) {
      const { host, env } = await subject.host({
        // biome-ignore lint/correctness/useYield: the host refuses the call
        async *watchBuild() {
          throw encodeError({
            code: Code.OutOfRange,
            reason: "EVENTS_EXPIRED",
            message: "The events are no longer stored.",
          });
        },
      });
      const { reason } = errorOf("A watch that the host refuses", await subject.run(aBuild, env));
      must(reason === "EVENTS_EXPIRED", `The reported reason is "${reason}", expected EVENTS_EXPIRED.`);
      must(host.callsOf("WatchBuild").length === 1, "WatchBuild was called again after EVENTS_EXPIRED.");
    },
  },
  {
    id: "CLI-WATCH-GONE",
    title: "When the host goes away for good during a build, the client gives up with an error",
    rule: "call-it.md#any-other-language",
    async run(subject) {
      const { host, env } = await subject.host({
        async *watchBuild(request, call) {
          for (const event of wanted(standardEvents(), request).slice(0, 2)) yield { event };
          void host.close();
          await call.ended();
        },
      });
      const answer = await subject.run(aBuild, env);
      const { code, message } = errorOf("A build whose host went away", answer);
      must(code && message, `The reported error has the code "${code}" and the message "${message}".`);
    },
  },
];

/** Breaks the watch of a build at some events; all events must arrive nevertheless. */
async function resumes(subject: Subject, breakOff: (call: CallRecord) => Promise<unknown>): Promise<void> {
  const events = standardEvents();
  const { host, env } = await subject.tcpHost({
    async *watchBuild(request, call) {
      const last = breaks[host.callsOf("WatchBuild").length - 1] ?? events.length;
      for (const event of wanted(events, request)) {
        if (Number(event.sequence) > last) {
          await subject.printed(last);
          return void (await breakOff(call));
        }
        yield { event };
      }
    },
  });
  const answer = await subject.run(aBuild, env);
  resultOf("A build whose watch broke twice", answer);
  mustHaveEach(answer, events.length);
  mustContinue(host);
}

function mustHaveEach({ events }: Answer, count: number): void {
  const seen = events.map(({ sequence }) => Number(sequence));
  const expected = Array.from({ length: count }, (_, index) => index + 1);
  must(
    seen.join() === expected.join(),
    `The client reported the events ${seen.join(", ")}, expected ${expected.join(", ")}.`,
  );
}

function mustContinue(host: ScriptedHost): void {
  const starts = host.callsOf("WatchBuild").map(({ request }) => (request as WatchBuildRequest).fromSequence);
  must(Number(starts[0]) <= 1, `The first WatchBuild begins at ${starts[0]}, expected 0 or 1.`);
  for (const [index, last] of breaks.entries()) {
    const next = Number(starts[index + 1]);
    must(
      next === last + 1,
      `After the event ${last} WatchBuild was called from ${next}, expected ${last + 1}.`,
    );
  }
  must(host.callsOf("StartBuild").length === 1, "The client started the build again.");
}
