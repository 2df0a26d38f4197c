import { randomBytes } from "node:crypto";
import { create, type Message } from "@bufbuild/protobuf";
import { BuildResultSchema } from "../../../gen/slipway/build/v1/build_result_pb.js";
import {
  type BuildEvent,
  BuildEventSchema,
  BuildFinishedSchema,
  BuildState,
} from "../../../gen/slipway/v1/build_event_pb.js";
import {
  BuildSchema,
  StartBuildResponseSchema,
  WatchBuildResponseSchema,
} from "../../../gen/slipway/v1/build_pb.js";
import { NegotiateResponseSchema } from "../../../gen/slipway/v1/host_pb.js";
import { must } from "../../report/violation.js";
import type { ClientCheck } from "../check.js";
import { buildEvents, imageDigest, progress, standardOffer } from "../standard-script.js";
import { aBuild, errorOf, resultOf, type Subject } from "../subject.js";

/** A field that no message has. */
const fieldNumber = 29_000;
/** A text of 7 bytes, with its length before it. */
const unknownField = { no: fieldNumber, wireType: 2, data: Buffer.from("\u0007unknown") };
/** More than the limit that gRPC libraries have by default. */
const largeBytes = 5 << 20;

/** Checks that a client works with a newer host. */
export const toleranceChecks: ClientCheck[] = [
  {
    id: "CLI-NEW-EVENTS",
    title: "Events of an unknown kind are skipped",
    rule: "call-it.md#any-other-language",
    async run(subject) {
      const unknown = withUnknown(create(BuildEventSchema, { sequence: 4n }));
      const events = buildEvents([progress("one\n"), progress("two\n")]);
      events[3] = unknown;
      const { events: seen } = await watched(subject, events);
      must(
        seen.at(-1)?.event.case === "finished" && seen.some(({ sequence }) => sequence === 5n),
        "The events after the unknown one are not reported.",
      );
    },
  },
  {
    id: "CLI-NEW-FIELDS",
    title: "Unknown fields of answers are ignored",
    rule: "call-it.md#any-other-language",
    async run(subject) {
      const { host, env } = await subject.host({
        negotiate: () => withUnknown(create(NegotiateResponseSchema, standardOffer)),
        startBuild: () =>
          withUnknown(
            create(StartBuildResponseSchema, { build: withUnknown(create(BuildSchema, { id: "build-1" })) }),
          ),
        async *watchBuild() {
          const events = buildEvents([progress("one\n")], {
            case: "finished",
            value: withUnknown(
              create(BuildFinishedSchema, {
                state: BuildState.SUCCEEDED,
                result: withUnknown(create(BuildResultSchema, { imageDigest })),
              }),
            ),
          });
          for (const event of events) yield withUnknown(create(WatchBuildResponseSchema, { event }));
        },
      });
      const { imageDigest: digest } = resultOf("A build on a newer host", await subject.run(aBuild, env));
      must(digest === imageDigest, `The reported image digest is ${digest}.`);
      must(host.callsOf("WatchBuild").length === 1, "WatchBuild was repeated.");
    },
  },
  {
    id: "CLI-NEW-VALUES",
    title: "Unknown numbers of enumerations do not stop a build",
    rule: "call-it.md#any-other-language",
    async run(subject) {
      const severity = 99 as never;
      const warning = { severity, reason: "NEW_WARNING", message: "A warning of a newer host." };
      const { events } = await watched(subject, buildEvents([{ case: "warning", value: warning }]));
      const reported = events.some(({ event }) => event.case === "warning");
      must(reported, "The warning with an unknown severity is not reported.");
    },
  },
  {
    id: "CLI-NEW-CODES",
    title: "A failed build whose error has an unknown code is reported with its reason",
    rule: "call-it.md#any-other-language",
    async run(subject) {
      const error = { reason: "NEW_REASON", code: 99, message: "An error of a newer host." };
      const events = buildEvents([], { case: "finished", value: { state: BuildState.FAILED, error } });
      const { env } = await subject.host(hostWith(events));
      const { reason } = errorOf("A failed build", await subject.run(aBuild, env));
      must(reason === error.reason, `The reported reason is "${reason}", expected ${error.reason}.`);
    },
  },
  {
    id: "CLI-LARGE",
    title: "Messages of more than 4 MiB are accepted",
    rule: "call-it.md#any-other-language",
    async run(subject) {
      const data = randomBytes(largeBytes);
      const log = { logs: [{ vertex: "sha256:1", stream: 1, data }] };
      const { events } = await watched(subject, buildEvents([{ case: "progress", value: log }]));
      const found = events.find(({ event }) => event.case === "progress")?.event;
      const got = found?.case === "progress" ? found.value.logs[0]?.data : undefined;
      must(got && data.equals(got), `An event of ${largeBytes} bytes was changed.`);
    },
  },
];

/** Adds an unknown field. */
function withUnknown<M extends Message>(message: M): M {
  message.$unknown = [unknownField];
  return message;
}

function hostWith(events: BuildEvent[]) {
  return {
    async *watchBuild() {
      for (const event of events) yield { event };
    },
  };
}

/** What the client reports of a build with these events, which must succeed. */
async function watched(subject: Subject, events: BuildEvent[]) {
  const { host, env } = await subject.host(hostWith(events));
  const answer = await subject.run(aBuild, env);
  resultOf("A build", answer);
  must(host.callsOf("WatchBuild").length === 1, "WatchBuild was repeated.");
  return answer;
}
