import { randomBytes } from "node:crypto";
import { Code } from "@connectrpc/connect";
import { BuildState } from "../../../gen/slipway/v1/build_event_pb.js";
import type { CancelBuildRequest } from "../../../gen/slipway/v1/build_pb.js";
import { must } from "../../report/violation.js";
import type { ClientCheck } from "../check.js";
import type { CallRecord } from "../host-script.js";
import { buildEvents, succeeded, wanted } from "../standard-script.js";
import { aBuild, errorOf, formatEnding, type Subject } from "../subject.js";

/** A build with a streamed output. */
const withOutput = { ...aBuild, spec: { ...aBuild.spec, outputs: [{ type: "tar", stream: {} }] } };
const content = randomBytes(1 << 20);
const chunkBytes = 256 << 10;

/** Checks of what a client does while a build runs. */
export const runningChecks: ClientCheck[] = [
  {
    id: "CLI-OUTPUT",
    title: "A streamed output is read when it is ready, and complete",
    rule: "api.md#a-build",
    async run(subject) {
      const { outputs, ending } = await streamed(subject, async () => {});
      must("result" in ending, `A build with a streamed output ended with ${formatEnding(ending)}.`);
      const read = outputs.get(0);
      must(read, "The streamed output was not read.");
      must(
        content.equals(read),
        `Of the streamed output ${read.length} bytes were reported, expected ${content.length}.`,
      );
    },
  },
  {
    id: "CLI-OUTPUT-TRUNCATED",
    title: "A streamed output that is cut off, or ends without a status, is an error",
    rule: "api.md#a-build",
    async run(subject) {
      for (const how of ["end", "reset"] as const) {
        const answer = await streamed(subject, (call) => call.hangUp(how), content.length / 2);
        errorOf("A build whose streamed output was cut off", answer);
        must(!answer.outputs.has(0), "An output that was cut off is reported as complete.");
      }
    },
  },
  {
    id: "CLI-CANCEL",
    title: "Cancelling calls CancelBuild with the build's id",
    rule: "api.md#a-build",
    async run(subject) {
      let cancel = () => {};
      const isCancelled = new Promise<void>((resolve) => (cancel = resolve));
      const error = { reason: "CANCELED", code: Code.Canceled, message: "The build was cancelled." };
      const events = buildEvents([], { case: "finished", value: { state: BuildState.CANCELED, error } });
      const { host, env } = await subject.host({
        async *watchBuild(request) {
          for (const event of wanted(events, request)) {
            if (event.event.case === "finished") await isCancelled;
            yield { event };
          }
        },
        cancelBuild({ id }) {
          cancel();
          return { build: { id } };
        },
      });
      const { ending } = await subject.run({ ...aBuild, cancelAt: 2 }, env);
      const ids = host.callsOf("CancelBuild").map(({ request }) => (request as CancelBuildRequest).id);
      must(ids.length > 0, "CancelBuild was not called.");
      const other = ids.find((id) => id !== "build-1");
      must(other === undefined, `CancelBuild was called for "${other}", expected build-1.`);
      // gRPC's libraries spell the code with one l or two.
      const isReported =
        "canceled" in ending || ("error" in ending && /^CANCELL?ED$/.test(ending.error.code));
      must(isReported, `A cancelled build ended with ${formatEnding(ending)}.`);
    },
  },
];

/** Runs a build with a streamed output of which the host sends a part, and then breaks off. */
async function streamed(
  subject: Subject,
  breakOff: (call: CallRecord) => Promise<unknown>,
  bytes = content.length,
) {
  let read = () => {};
  const isRead = new Promise<void>((resolve) => (read = resolve));
  const events = buildEvents([{ case: "outputReady", value: { output: 0 } }], succeeded);
  const { env } = await subject.tcpHost({
    async *watchBuild(request) {
      for (const event of wanted(events, request)) {
        // Like BuildKit, which waits until the output is read.
        if (event.event.case === "finished") await isRead;
        yield { event };
      }
    },
    async *readOutput(_request, call) {
      try {
        for (let at = 0; at < bytes; at += chunkBytes) yield { data: content.subarray(at, at + chunkBytes) };
        await breakOff(call);
      } finally {
        read();
      }
    },
  });
  return subject.run(withOutput, env);
}
