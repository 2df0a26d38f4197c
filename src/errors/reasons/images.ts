import { Code } from "@connectrpc/connect";
import type { ReasonTable } from "./reason-info.js";

/** Reasons of the host about image stores. */
export const imageReasons = {
  IMAGE_NOT_FOUND: {
    codes: [Code.NotFound],
    meaning: "the image store has no such image",
    recovery: "pull or build it first",
  },
  IMAGE_STORE_MISSING: {
    codes: [Code.FailedPrecondition],
    meaning: "no plugin has an image store",
    recovery: "use a registry or files",
  },
} satisfies ReasonTable;
