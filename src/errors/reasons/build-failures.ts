import { Code } from "@connectrpc/connect";
import type { ReasonTable } from "./reason-info.js";

/** Reasons of `BuildError` alone. The first code is that of an error whose cause the host knows only by its text. */
export const buildFailureReasons = {
  BUILDER_CHANGED: {
    codes: [Code.FailedPrecondition],
    meaning: "the builder was changed while the build waited in the queue",
    recovery: "build again",
  },
  BUILD_TIMEOUT: {
    codes: [Code.DeadlineExceeded],
    meaning:
      "the build ran for longer than `run_timeout`, or the host's [limit](security.md#limits) `build-time`",
    recovery: "let it run longer; what it has built is in the build cache",
  },
  CACHE_EXPORT_FAILED: {
    codes: [Code.Unavailable],
    meaning: "the build cache could not be exported",
    recovery: "`ignore-error=true` lets the build succeed without its cache",
  },
  CANCELED: { codes: [Code.Canceled], meaning: "the build was cancelled; its state is CANCELED" },
  CANCELED_BY_BUILDKIT: { codes: [Code.Canceled], meaning: "BuildKit cancelled the build by itself" },
  DOCKERFILE_SYNTAX: {
    codes: [Code.InvalidArgument],
    meaning: "the Dockerfile does not parse; `sources` has the lines with BuildKit 0.9 or later",
  },
  DOCKERIGNORE_TOO_LARGE: {
    codes: [Code.ResourceExhausted],
    meaning:
      "the ignore file has more than 4 MiB or 50 000 patterns, or a pattern that is too long, or symbolic links of the context lead to as many paths",
    recovery: "replace single names by patterns, such as those of their folders",
  },
  ENTITLEMENT_REQUIRED: {
    codes: [Code.PermissionDenied],
    meaning: "a step needs an entitlement that was not granted",
    recovery: "grant it in the specification and to the daemon",
  },
  FILE_NOT_FOUND: {
    codes: [Code.NotFound],
    meaning: "a step copies a file that is not in its source",
    recovery: "check the context and its ignore file",
  },
  HOST_STOPPED: {
    codes: [Code.Aborted],
    meaning:
      "the host ended while the build ran or waited in the queue, and the next one [could not take it over](#when-the-host-ends)",
    recovery: "build again",
  },
  IMAGE_NO_SPACE: {
    codes: [Code.ResourceExhausted],
    meaning: "the host's disk has no space for an image that is saved from an image store",
    recovery: "free space, or push the image to a registry and name it there; nothing partial remains",
  },
  IMAGE_UNAVAILABLE: { codes: [Code.Unavailable], meaning: "an image could not be pulled" },
  OUTPUT_CLASH: {
    codes: [Code.InvalidArgument],
    meaning: "two platforms write the same file",
    recovery: "leave out `platform-split=false`",
  },
  OUTPUT_NOT_READ: {
    codes: [Code.Aborted],
    meaning:
      "a streamed output had no reader within a minute, or a reader that took nothing for ten minutes or disconnected",
    recovery: "read streamed outputs to their end",
  },
  POLICY_DENIED: {
    codes: [Code.PermissionDenied],
    meaning: "a policy of the build does not allow a source; the message has what the policy says",
    recovery: "use a source that it allows, or change the policy",
  },
  POLICY_FAILED: {
    codes: [Code.FailedPrecondition],
    meaning: "the policy engine gave no decision",
    recovery: "look at the engine's message; `slipway plugins logs` has its output",
  },
  OUTPUT_WRITE_FAILED: {
    codes: [Code.FailedPrecondition, Code.ResourceExhausted],
    meaning: "a file or folder could not be written; RESOURCE_EXHAUSTED when the disk is full",
    recovery: "free space, or use another destination; nothing partial remains",
  },
  PUSH_FAILED: {
    codes: [Code.Unavailable],
    meaning: "BuildKit could not push the image",
    recovery: "build again; layers that the registry has are not sent again",
  },
  QUEUE_TIMEOUT: {
    codes: [Code.DeadlineExceeded],
    meaning:
      "the build waited in the queue for longer than `queue_timeout`, or the host's [limit](security.md#limits) `queue-time`",
    recovery: "build again when fewer builds run, or let it wait longer",
  },
  SECRET_MISSING: { codes: [Code.InvalidArgument], meaning: "a step needs a secret that was not given" },
  SSH_MISSING: {
    codes: [Code.InvalidArgument],
    meaning: "a step needs an SSH agent or key that was not given",
  },
  STEP_FAILED: {
    codes: [Code.FailedPrecondition],
    meaning:
      "a `RUN` step ended with `exit_code`; `vertex` and, with BuildKit 0.9 or later, `sources` name the step",
  },
  TARGET_UNKNOWN: { codes: [Code.NotFound], meaning: "the Dockerfile has no such stage" },
  UPLOAD_UNREADABLE: { codes: [Code.Aborted], meaning: "an uploaded context could not be read to its end" },
} satisfies ReasonTable;
