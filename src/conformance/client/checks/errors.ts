import { create } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import { encodeError, type TypedError } from "../../../errors/typed-error.js";
import { type Help, Help_LinkSchema, HelpSchema } from "../../../gen/google/rpc/error_details_pb.js";
import { BuildState } from "../../../gen/slipway/v1/build_event_pb.js";
import { must } from "../../report/violation.js";
import type { ClientCheck } from "../check.js";
import type { ReportedError } from "../contract.js";
import { buildEvents } from "../standard-script.js";
import { aBuild, errorOf, type Subject } from "../subject.js";

/** An error with everything that the host can say. */
const complete: TypedError = {
  code: Code.InvalidArgument,
  reason: "TAG_INVALID",
  message: "The specification has 3 errors.",
  remedy: "Correct the fields.",
  helpUrl: "https://docs.example",
  metadata: { builder: "conformance", limit: "3" },
  fields: [
    { field: "spec.tags[0]", reason: "TAG_INVALID", message: "It has a space.", remedy: "Remove the space." },
    { field: "spec.tags[0]", reason: "TAG_MISSING", message: "It has no repository.", remedy: "Add one." },
    { field: "spec.network", reason: "NETWORK_UNKNOWN", message: "It is unknown." },
  ],
};

/** An error that says when the call can succeed, and names the call. */
const full: TypedError = {
  code: Code.ResourceExhausted,
  reason: "QUOTA_EXCEEDED",
  message: "The host has too many uploads.",
  retryAfterMs: 90_500,
  callId: "call-1",
};

/** Checks of what the client reports of errors. */
export const errorChecks: ClientCheck[] = [
  {
    id: "CLI-ERROR-INFO",
    title: "Code, reason, message and metadata of an error are reported",
    rule: "api.md#errors",
    async run(subject) {
      const { code, reason, message, metadata } = await refused(subject, complete);
      must(code === "INVALID_ARGUMENT", `The reported code is "${code}", expected INVALID_ARGUMENT.`);
      must(reason === complete.reason, `The reported reason is "${reason}", expected ${complete.reason}.`);
      must(message.includes(complete.message), `The reported message is "${message}".`);
      for (const [name, value] of Object.entries(complete.metadata!))
        must(metadata[name] === value, `The metadata ${name} are "${metadata[name]}", expected "${value}".`);
    },
  },
  {
    id: "CLI-ERROR-REMEDY",
    title: "The remedy of an error (the first description in google.rpc.Help) is reported",
    rule: "api.md#errors",
    async run(subject) {
      const { remedy } = await refused(subject, complete);
      must(remedy === complete.remedy, `The reported remedy is "${remedy}", expected "${complete.remedy}".`);
    },
  },
  {
    id: "CLI-ERROR-FIELDS",
    title: "Each field at fault is reported with its message, also when one has two faults",
    rule: "api.md#errors",
    async run(subject) {
      const { fields } = await refused(subject, complete);
      for (const { field, message } of complete.fields!) {
        const isReported = fields.some((each) => each.field === field && each.message === message);
        must(isReported, `The violation "${message}" of ${field} is not reported.`);
      }
      must(fields.length === 3, `${fields.length} violations are reported, expected 3.`);
    },
  },
  {
    id: "CLI-ERROR-HINTS",
    title: "The reason and the remedy of each field (slipway.v1.ErrorHints) are reported with it",
    rule: "api.md#errors",
    async run(subject) {
      const { fields } = await refused(subject, complete);
      for (const { field, reason = "", message, remedy = "" } of complete.fields!) {
        const found = fields.find((each) => each.field === field && each.message === message);
        must(
          found?.reason === reason && found.remedy === remedy,
          `The violation "${message}" is reported with the reason "${found?.reason}" and the remedy "${found?.remedy}", expected ${reason} and "${remedy}".`,
        );
      }
    },
  },
  {
    id: "CLI-ERROR-RETRY",
    title: "The delay before the call can succeed (google.rpc.RetryInfo) is reported",
    rule: "api.md#errors",
    async run(subject) {
      const { retryAfterMs } = await refused(subject, full);
      must(
        retryAfterMs === full.retryAfterMs,
        `The reported delay is ${retryAfterMs} ms, expected ${full.retryAfterMs} ms.`,
      );
    },
  },
  {
    id: "CLI-ERROR-CALL",
    title: "The id of the call (google.rpc.RequestInfo) is reported",
    rule: "api.md#errors",
    async run(subject) {
      const { callId } = await refused(subject, full);
      must(callId === full.callId, `The reported id is "${callId}", expected "${full.callId}".`);
    },
  },
  {
    id: "CLI-ERROR-BARE",
    title: "An error without details is reported with its code and message",
    rule: "api.md#errors",
    async run(subject) {
      const { code, message } = await refused(subject, {
        code: Code.PermissionDenied,
        message: "refused by a proxy",
      });
      must(
        code === "PERMISSION_DENIED" && message.includes("refused by a proxy"),
        `The reported error is ${code} "${message}".`,
      );
    },
  },
  {
    id: "CLI-ERROR-BUILD",
    title:
      "The error of a failed build is reported like that of a call: code, reason, message, remedy and field",
    rule: "api.md#errors",
    async run(subject) {
      const error = {
        reason: "DOCKERFILE_SYNTAX",
        code: Code.InvalidArgument,
        message: "The Dockerfile has an unknown instruction.",
        remedy: "Correct line 3.",
        field: "spec.dockerfile",
      };
      const events = buildEvents([], { case: "finished", value: { state: BuildState.FAILED, error } });
      const { env } = await subject.host({
        async *watchBuild() {
          for (const event of events) yield { event };
        },
      });
      const reported = errorOf("A failed build", await subject.run(aBuild, env));
      must(
        reported.reason === error.reason && reported.code === "INVALID_ARGUMENT",
        `The reported error is ${reported.code} (${reported.reason}), expected INVALID_ARGUMENT (${error.reason}).`,
      );
      must(reported.message.includes(error.message), `The reported message is "${reported.message}".`);
      must(reported.remedy === error.remedy, `The reported remedy is "${reported.remedy}".`);
      must(
        reported.fields.some(({ field }) => field === error.field),
        `The field ${error.field} is not reported.`,
      );
    },
  },
];

/** What the client reports when the host refuses StartBuild with an error. */
async function refused(
  subject: Subject,
  error: TypedError | { code: Code; message: string },
): Promise<ReportedError> {
  const { env } = await subject.host({
    startBuild() {
      throw "reason" in error
        ? withMoreHelp(encodeError(error))
        : new ConnectError(error.message, error.code);
    },
  });
  return errorOf("A build that the host refuses", await subject.run(aBuild, env));
}

/** Adds a second link to the error's help; only the first one is the remedy. */
function withMoreHelp(error: ConnectError): ConnectError {
  for (const detail of error.details)
    if ("desc" in detail && detail.desc === HelpSchema)
      (detail.value as Help).links.push(
        create(Help_LinkSchema, { description: "Read more.", url: "https://docs.example" }),
      );
  return error;
}
