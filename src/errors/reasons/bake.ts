import { Code } from "@connectrpc/connect";
import type { ReasonTable } from "./reason-info.js";

/** Reasons of calls that plan and start bakes. */
export const bakeReasons = {
  BAKE_ATTRIBUTE_UNKNOWN: {
    codes: [],
    meaning: "a warning: a target, group or service has an attribute that is ignored",
  },
  BAKE_CYCLE: {
    codes: [Code.InvalidArgument],
    meaning: "targets use the results of each other",
    recovery: "remove one of the contexts",
  },
  BAKE_FETCH_FAILED: {
    codes: [Code.FailedPrecondition],
    meaning: "BuildKit cannot fetch the URL of a definition",
    recovery: "check the URL; a private repository needs the secret GIT_AUTH_TOKEN, or an SSH agent",
  },
  BAKE_FILE_MISSING: {
    codes: [Code.NotFound],
    meaning: "there is no definition file, or it cannot be read",
    recovery: "name a file that is there",
  },
  BAKE_INVALID: {
    codes: [Code.InvalidArgument],
    meaning: "a definition file does not parse, an expression has no value, or a target cannot be resolved",
    recovery: "the message names file, line or attribute",
  },
  BAKE_PARSER_MISSING: {
    codes: [Code.FailedPrecondition],
    meaning: "the host's installation lacks the parser of HCL",
    recovery: "install Slipway again, with the packages that it needs",
  },
  BAKE_TARGETS_INVALID: {
    codes: [Code.InvalidArgument],
    meaning: "the targets of a bake are none or more than 500, or have invalid names or the same one",
  },
  BAKE_TARGET_UNKNOWN: {
    codes: [Code.InvalidArgument],
    meaning: "a context names a target that is not in the request",
  },
  BAKE_VARIABLE_UNSET: {
    codes: [],
    meaning: "a warning: a Compose file uses a variable that is not set, whose value is an empty text",
  },
  BAKE_TOO_LARGE: {
    codes: [Code.ResourceExhausted],
    meaning: "the fetched files are too large, or evaluating them takes more than 30 s or too much memory",
    recovery: "name fewer files, or look for loops over very many values",
  },
} satisfies ReasonTable;
