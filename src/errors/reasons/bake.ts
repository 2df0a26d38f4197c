import { Code } from "@connectrpc/connect";
import type { ReasonTable } from "./reason-info.js";

/** Reasons of calls that plan and start bakes. */
export const bakeReasons = {
  BAKE_ATTRIBUTE_UNKNOWN: {
    codes: [],
    meaning: "a warning: a target or group has an attribute that is not known, and that is ignored",
  },
  BAKE_CYCLE: {
    codes: [Code.InvalidArgument],
    meaning: "targets use the results of each other",
    recovery: "remove one of the contexts",
  },
  BAKE_INVALID: {
    codes: [Code.InvalidArgument],
    meaning: "a definition file does not parse, an expression has no value, or a target cannot be resolved",
    recovery: "the message names file, line or attribute",
  },
  BAKE_TARGETS_INVALID: {
    codes: [Code.InvalidArgument],
    meaning: "the targets of a bake are none or more than 500, or have invalid names or the same one",
  },
  BAKE_TARGET_UNKNOWN: {
    codes: [Code.InvalidArgument],
    meaning: "a context names a target that is not in the request",
  },
  BAKE_TOO_LARGE: {
    codes: [Code.ResourceExhausted],
    meaning: "evaluating the definition takes more than 30 s, or too much memory",
    recovery: "look for loops over very many values",
  },
} satisfies ReasonTable;
