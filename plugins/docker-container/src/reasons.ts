import { Code } from "slipway/driver";

/** Reasons of the docker-container driver; docs/drivers.md is generated from it. */
export const reasons = {
  BUILDKIT_EXITED: {
    codes: [Code.FailedPrecondition],
    meaning: "BuildKit ended at its start; the message has the end of its log",
    recovery: "correct flags, configuration or options",
  },
  BUILDKIT_TIMEOUT: { codes: [Code.Unavailable], meaning: "BuildKit did not answer within 60 s" },
  BUILDKIT_UNREACHABLE: {
    codes: [Code.Unavailable],
    meaning: "BuildKit in the container does not answer",
    recovery: "see `docker logs`",
  },
  CONFIG_CHANGED: {
    codes: [Code.FailedPrecondition],
    meaning: "the container has other settings and is in use, so it is not replaced",
    recovery: "wait, or stop the builder",
  },
  CONTAINER_ABSENT: { codes: [], meaning: "state: the container does not exist; the next build creates it" },
  CONTAINER_CREATED: { codes: [], meaning: "state: the container has not been started" },
  CONTAINER_EXITED: { codes: [], meaning: "state: the container has ended; the next build starts it" },
  CONTAINER_FOREIGN: {
    codes: [],
    meaning: "state: the container runs, and another program created it, so its settings cannot be compared",
  },
  CONTAINER_OUT_OF_MEMORY: {
    codes: [],
    meaning: "state: the container ran out of memory",
    recovery: "raise the option `memory`",
  },
  CONTAINER_PAUSED: { codes: [], meaning: "state: the container is paused; the next build continues it" },
  CONTAINER_REFUSED: {
    codes: [Code.FailedPrecondition],
    meaning: "the Engine does not create the container; its message is shown",
    recovery: "correct the options",
  },
  CONTAINER_REMOVED: {
    codes: [Code.Aborted],
    meaning: "the container was removed while it started",
    recovery: "retry",
  },
  CONTAINER_REMOVING: { codes: [], meaning: "state: the container is being removed" },
  CONTAINER_RESTARTING: { codes: [], meaning: "state: the container has ended and is being restarted" },
  CONTAINER_START_FAILED: {
    codes: [Code.FailedPrecondition],
    meaning: "the Engine does not start the container; its message is shown",
  },
  GITHUB_CONTEXT_UNREADABLE: {
    codes: [],
    meaning: "warning: provenance lacks the context of GitHub Actions",
    recovery: "`provenance-add-gha=false`",
  },
  IMAGE_UNAVAILABLE: {
    codes: [Code.FailedPrecondition],
    meaning: "the image does not exist locally and cannot be pulled",
    recovery: "correct the option `image`, or log in",
  },
  NODE_ABSENT: {
    codes: [Code.Unavailable],
    meaning: "the container does not exist",
    recovery: "boot the node",
  },
  NODE_BUSY: {
    codes: [Code.Aborted],
    meaning: "other programs create and remove the container at the same time",
    recovery: "retry",
  },
  NODE_NOT_RUNNING: {
    codes: [Code.Unavailable],
    meaning: "the container does not run",
    recovery: "boot the node",
  },
};
