import { equals } from "@bufbuild/protobuf";
import { Code } from "@connectrpc/connect";
import { codeName, encodeError, type TypedError } from "../../../errors/typed-error.js";
import { type StartBuildRequest, StartBuildRequestSchema } from "../../../gen/slipway/v1/build_pb.js";
import { must } from "../../report/violation.js";
import type { ClientCheck } from "../check.js";
import type { ScriptedHost } from "../scripted-host.js";
import { BuildIds, imageDigest } from "../standard-script.js";
import { aBuild, errorOf, resultOf } from "../subject.js";

/** Version and variant of RFC 9562, as the host checks them. */
const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/i;

/** Errors that the host sends and that another attempt does not mend. */
const final: TypedError[] = [
  { code: Code.ResourceExhausted, reason: "QUOTA_EXCEEDED", message: "Too many builds.", retryAfterMs: 10 },
  { code: Code.Unavailable, reason: "NODE_NOT_RUNNING", message: "The node does not run." },
  { code: Code.Internal, reason: "INTERNAL", message: "The host failed unexpectedly." },
  { code: Code.Aborted, reason: "BUILDER_BUSY", message: "The builder is being changed." },
];

/** Checks of StartBuild and its repetition. */
export const startChecks: ClientCheck[] = [
  {
    id: "CLI-REQUEST-ID",
    title: "Each build has a UUID of its own as request_id",
    rule: "api.md#repeated-requests",
    async run(subject) {
      const { host, env } = await subject.host();
      for (let build = 0; build < 2; build++) resultOf("A build", await subject.run(aBuild, env));
      const ids = requests(host).map(({ requestId }) => requestId);
      const wrong = ids.find((id) => !uuid.test(id));
      must(wrong === undefined, `The request_id of StartBuild is "${wrong}", expected a UUID.`);
      must(new Set(ids).size === 2, "Two builds have the same request_id.");
    },
  },
  {
    id: "CLI-START-RETRY",
    title:
      "StartBuild is repeated, with the same id and content, when the connection is lost before its answer",
    rule: "api.md#repeated-requests",
    async run(subject) {
      const builds = new BuildIds();
      const { host, env } = await subject.host({
        startBuild(request, call) {
          const id = builds.start(request);
          return host.callsOf("StartBuild").length === 1 ? call.cut() : { build: { id } };
        },
      });
      const what = "A build whose StartBuild was cut before its answer";
      const { imageDigest: digest } = resultOf(what, await subject.run(aBuild, env));
      must(digest === imageDigest, `${what} has the image digest ${digest}.`);
      const [first, second] = requests(host);
      must(second, "StartBuild was not repeated.");
      must(second.requestId === first!.requestId, "StartBuild was repeated with another request_id.");
      must(equals(StartBuildRequestSchema, first!, second), "StartBuild was repeated with another content.");
      must(builds.size === 1, `The client started ${builds.size} builds.`);
    },
  },
  {
    id: "CLI-START-STOPPING",
    title:
      "StartBuild is repeated when the host is stopping (HOST_STOPPING), since the next one can accept it",
    rule: "api.md#any-call",
    async run(subject) {
      const { host, env } = await subject.host({
        startBuild() {
          if (host.callsOf("StartBuild").length > 1) return { build: { id: "build-1" } };
          throw encodeError({
            code: Code.Unavailable,
            reason: "HOST_STOPPING",
            message: "The host is stopping.",
          });
        },
      });
      resultOf("A build on a host that is restarted", await subject.run(aBuild, env));
    },
  },
  {
    id: "CLI-START-BACKOFF",
    title: "Repetitions wait, and longer each time",
    rule: "call-it.md#any-other-language",
    async run(subject) {
      const { host, env } = await subject.host({
        startBuild: (_request, call) =>
          host.callsOf("StartBuild").length <= 4 ? call.cut() : { build: { id: "build-1" } },
      });
      resultOf("A build whose StartBuild was cut four times", await subject.run(aBuild, env));
      const times = host.callsOf("StartBuild").map(({ at }) => at);
      const delays = times.slice(1).map((at, index) => at - times[index]!);
      const shown = delays.map((ms) => `${Math.round(ms)} ms`).join(", ");
      must(
        // The shortest of the first two: on a busy machine one of them is longer than the client's wait.
        delays.at(-1)! > 2 * Math.min(...delays.slice(0, 2)),
        `The delays between the attempts are ${shown}, expected growing ones.`,
      );
    },
  },
  {
    id: "CLI-START-FINAL",
    title: "An error with another reason is reported, and the call not repeated",
    rule: "call-it.md#any-other-language",
    async run(subject) {
      for (const error of final) {
        const { host, env } = await subject.tcpHost({
          startBuild() {
            throw encodeError(error);
          },
        });
        const what = `A build that the host refuses with ${error.reason}`;
        const { code, reason } = errorOf(what, await subject.run(aBuild, env));
        must(reason === error.reason, `${what} ended with the reason "${reason}".`);
        must(
          code === codeName(error.code),
          `${what} ended with the code ${code}, expected ${codeName(error.code)}.`,
        );
        const count = host.callsOf("StartBuild").length;
        must(
          count === 1,
          `StartBuild was called ${count} times, although the host answered ${error.reason}.`,
        );
      }
    },
  },
];

function requests(host: ScriptedHost): StartBuildRequest[] {
  return host.callsOf("StartBuild").map(({ request }) => request as StartBuildRequest);
}
