import { Code } from "@connectrpc/connect";
import type { ReasonTable } from "./reason-info.js";

/** Reasons of `BuildError` alone. Codes are listed where the host sets one; else the code is BuildKit's own. */
export const buildFailureReasons = {
  CACHE_EXPORT_FAILED: {
    codes: [],
    meaning: "the build cache could not be exported",
    recovery: "`ignore-error=true` lets the build succeed without its cache",
  },
  CANCELLED: { codes: [Code.Canceled], meaning: "the build was cancelled; its state is CANCELLED" },
  CANCELLED_BY_BUILDKIT: { codes: [], meaning: "BuildKit cancelled the build by itself" },
  DOCKERFILE_SYNTAX: {
    codes: [],
    meaning: "the Dockerfile does not parse; `sources` has the lines",
  },
  ENTITLEMENT_REQUIRED: {
    codes: [],
    meaning: "a step needs an entitlement that was not granted",
    recovery: "grant it in the specification and to the daemon",
  },
  FILE_NOT_FOUND: {
    codes: [],
    meaning: "a step copies a file that is not in its source",
    recovery: "check the context and its ignore file",
  },
  HOST_STOPPED: {
    codes: [Code.Aborted],
    meaning: "the host ended while the build ran",
    recovery: "build again",
  },
  IMAGE_UNAVAILABLE: { codes: [], meaning: "an image could not be pulled" },
  OUTPUT_CLASH: {
    codes: [],
    meaning: "two platforms write the same file",
    recovery: "leave out `platform-split=false`",
  },
  OUTPUT_NOT_READ: {
    codes: [Code.Aborted],
    meaning: "a streamed output was not read within a minute, or its reader disconnected",
    recovery: "read streamed outputs to their end",
  },
  OUTPUT_WRITE_FAILED: {
    codes: [Code.ResourceExhausted],
    meaning: "a file or directory could not be written; RESOURCE_EXHAUSTED when the disk is full",
    recovery: "free space, or use another destination; nothing partial remains",
  },
  PUSH_FAILED: { codes: [], meaning: "the image could not be pushed" },
  SECRET_MISSING: { codes: [], meaning: "a step needs a secret that was not given" },
  SSH_MISSING: { codes: [], meaning: "a step needs an SSH agent or key that was not given" },
  STEP_FAILED: {
    codes: [],
    meaning: "a `RUN` step ended with `exit_code`; `vertex` and `sources` name the step",
  },
  TARGET_UNKNOWN: { codes: [], meaning: "the Dockerfile has no such stage" },
  UPLOAD_UNREADABLE: { codes: [], meaning: "an uploaded context could not be read to its end" },
} satisfies ReasonTable;
