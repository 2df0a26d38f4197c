import { Code } from "@connectrpc/connect";
import type { ReasonTable } from "./reason-info.js";

/** Reasons of the host about images and image stores. */
export const imageReasons = {
  IMAGE_NAME_INVALID: {
    codes: [Code.InvalidArgument],
    meaning: "the name of an image is not valid",
    recovery: "write `registry/repository:tag`, or `oci-layout:///folder:tag` with an absolute path",
  },
  IMAGE_INVALID: {
    codes: [Code.FailedPrecondition],
    meaning: "what a registry or OCI layout has under a name is no image",
    recovery: "push or export it again",
  },
  IMAGE_DIGEST_MISMATCH: {
    codes: [Code.DataLoss],
    meaning: "a registry or OCI layout returned content that does not have its digest",
    recovery: "do not use the content; check the registry and what is between it and the host",
  },
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
