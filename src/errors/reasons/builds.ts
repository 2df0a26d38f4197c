import { Code } from "@connectrpc/connect";
import type { ReasonTable } from "./reason-info.js";

/** Reasons of calls about builds, apart from their specifications. */
export const buildReasons = {
  BREAKPOINT_INVALID: {
    codes: [Code.InvalidArgument],
    meaning: "breakpoints without `hold`, on line 0, or more than 1000",
  },
  BUILD_NOT_HELD: {
    codes: [Code.FailedPrecondition],
    meaning:
      "a call of `DebugService` for a build that is not held: it runs, has ended, or was started without `hold`; `SetBreakpoints` takes one that runs",
  },
  BUILD_ELSEWHERE: {
    codes: [Code.FailedPrecondition],
    meaning:
      "`ReadOutput`, or a call of `DebugService`, of a build that another host of the same database runs, and to which this one cannot forward the call; metadata `host`",
    recovery: "call that host, or start the hosts with `--advertise`",
  },
  BUILD_HOST_UNREACHABLE: {
    codes: [Code.Unavailable],
    meaning: "the host of the build, to which the call is forwarded, cannot be reached; metadata `host`",
    recovery: "retry; when that host has ended, watch the build",
  },
  BUILD_OVER: {
    codes: [Code.FailedPrecondition],
    meaning: "`ReadOutput` of a build that has ended",
  },
  BUILD_TAKEN_OVER: {
    codes: [Code.Unavailable],
    meaning: "another host of the same database has taken the build over",
    recovery: "watch it again",
  },
  BUILD_UNKNOWN: {
    codes: [Code.NotFound],
    meaning: "no build has this id, or it is no longer stored",
  },
  DATABASE_UNAVAILABLE: {
    codes: [Code.Unavailable],
    meaning:
      "the database of the hosts does not answer, so builds cannot be started or listed; metadata `database`",
    recovery: "retry when the database answers; builds that run go on",
  },
  EVENTS_EXPIRED: {
    codes: [Code.OutOfRange],
    meaning: "the events of the build are no longer stored",
    recovery: "call `GetBuild` for the result",
  },
  FILES_UNREADABLE: {
    codes: [Code.NotFound],
    meaning: "`ListFiles` or `ReadFile` names what the held build does not have, or BuildKit cannot read",
  },
  FRAME_UNKNOWN: {
    codes: [Code.InvalidArgument],
    meaning: "the stack of the held build has no step with this number",
  },
  OWNER_REQUIRED: {
    codes: [Code.PermissionDenied],
    meaning: "a call of `DebugService` for a build of another principal",
  },
  PROCESS_INVALID: {
    codes: [Code.InvalidArgument],
    meaning: "a field of `StartProcess` does not fit the build; the error names it",
  },
  PROCESS_NOT_STARTED: {
    codes: [Code.FailedPrecondition],
    meaning: "BuildKit cannot start a process in the build; the message is its own",
  },
  PROCESS_TOO_MANY: {
    codes: [Code.ResourceExhausted],
    meaning: "32 processes run in the build",
  },
  PROCESS_UNKNOWN: {
    codes: [Code.NotFound],
    meaning: "no process of the build has this id, or it has ended",
  },
  QUEUE_FULL: {
    codes: [Code.ResourceExhausted],
    meaning:
      "the build would have to wait, and as many builds wait in the queue as the host or its project takes; metadata `quota` (the limit `queued-builds`, or the project's `queued_builds`), `limit`, `used` (by the caller, or the project) and `project`; `google.rpc.RetryInfo` says when to ask again",
    recovery: "retry when fewer builds wait",
  },
  SIGNAL_UNKNOWN: {
    codes: [Code.InvalidArgument],
    meaning: "no signal has the name in `SignalProcess`",
  },
} satisfies ReasonTable;

/** Reasons of warnings in a build's events. */
export const buildWarnings = {
  ATTRIBUTE_UNKNOWN: {
    codes: [],
    meaning: "an unknown attribute is passed to BuildKit, which may ignore it",
  },
  CACHE_EMPTY: { codes: [], meaning: "a local cache to import is empty" },
  CACHE_OVERWRITTEN: {
    codes: [],
    meaning: "every node exports its cache to the same place, so only the last one remains",
  },
  DOCKER_CONFIG_INVALID: {
    codes: [],
    meaning: "a part of Docker's configuration cannot be read, and is left out",
  },
  HOLD_IMPOSSIBLE: {
    codes: [],
    meaning:
      "the build was to be held, and goes on: no process can run in what failed, or in its result; or the build has too many steps to be held at them, or was held at them 1000 times",
  },
  IMAGE_SPLIT: { codes: [], meaning: "each node keeps the image of its own platforms only" },
  LOG_CLIPPED: {
    codes: [],
    meaning: "progress above a [limit](security.md#limits) was left out; the message says how much",
  },
  OUTPUT_NONE: { codes: [], meaning: "the result stays in the build cache" },
  PROVENANCE_UNAVAILABLE: { codes: [], meaning: "the provenance could not be read from BuildKit's history" },
} satisfies ReasonTable;
