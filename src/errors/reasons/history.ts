import { Code } from "@connectrpc/connect";
import type { ReasonTable } from "./reason-info.js";

/** Reasons of `HistoryService` and of filters. */
export const historyReasons = {
  ATTACHMENT_UNKNOWN: {
    codes: [Code.NotFound],
    meaning: "the build has no attachment with this digest",
    recovery: "list its attachments",
  },
  FILTER_INVALID: { codes: [Code.InvalidArgument], meaning: "a filter cannot be parsed" },
  HISTORY_RECORD_UNKNOWN: {
    codes: [Code.NotFound],
    meaning: "no record has this reference; BuildKit forgets old builds",
    recovery: "list the records",
  },
  HISTORY_UNSUPPORTED: {
    codes: [Code.FailedPrecondition],
    meaning: "the node's BuildKit keeps no history; metadata `node`",
    recovery: "use BuildKit 0.11 or Docker Engine 23.0, or later",
  },
  REFS_INVALID: {
    codes: [Code.InvalidArgument],
    meaning: "a removal names no record, or a call names records and asks for all",
  },
  TRACE_UNAVAILABLE: {
    codes: [Code.FailedPrecondition],
    meaning: "the build runs, or its BuildKit keeps no trace",
    recovery: "wait for the end of the build",
  },
} satisfies ReasonTable;
