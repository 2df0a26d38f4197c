import { Code } from "@connectrpc/connect";
import type { ReasonTable } from "./reason-info.js";

/** Reasons of the host about images and image stores. */
export const imageReasons = {
  IMAGE_NAME_INVALID: {
    codes: [Code.InvalidArgument],
    meaning: "the name of an image is not valid",
    recovery: "write `registry/repository:tag`, or `oci-layout:///folder:tag` with an absolute path",
  },
  IMAGE_SOURCES_MISSING: {
    codes: [Code.InvalidArgument],
    meaning: "a new image has no sources",
    recovery: "name at least one image",
  },
  IMAGE_NAMES_MISSING: {
    codes: [Code.InvalidArgument],
    meaning: "a new image has no name",
    recovery: "give it a name, or set `dry_run`",
  },
  IMAGE_SOURCE_INVALID: {
    codes: [Code.InvalidArgument],
    meaning: "the descriptor of a source is no OCI descriptor, or is of other content than the source",
    recovery: "give a descriptor of the source, or none",
  },
  IMAGE_PLATFORM_MISSING: {
    codes: [Code.FailedPrecondition],
    meaning: "the sources of a new image have no manifest for its platforms",
    recovery: "choose from those that they have, which the error lists",
  },
  IMAGE_DIGEST_DIFFERS: {
    codes: [Code.InvalidArgument],
    meaning: "a new image has another digest than the name that it gets",
    recovery: "name it by a tag",
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
