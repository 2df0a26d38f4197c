import { Code } from "@connectrpc/connect";
import type { ReasonTable } from "./reason-info.js";

/** Reasons about the outputs of a build, before and while they are written. */
export const outputReasons = {
  OCI_LAYOUT_IMAGE_UNKNOWN: {
    codes: [Code.InvalidArgument],
    meaning: "the OCI layout has no image with this tag or digest",
  },
  OCI_LAYOUT_INVALID: {
    codes: [Code.InvalidArgument],
    meaning: "the folder is not an OCI image layout",
  },
  OUTPUT_DESTINATION_INVALID: {
    codes: [Code.InvalidArgument],
    meaning: "the output type cannot be written to this kind of destination",
  },
  OUTPUT_DESTINATION_MISSING: {
    codes: [Code.InvalidArgument],
    meaning: "the output type needs a destination",
    recovery: "give a path, or read it as a stream",
  },
  OUTPUT_INCOMPLETE: {
    codes: [Code.Aborted],
    meaning: "the build ended while `ReadOutput` read its output",
    recovery: "the build's error says why",
  },
  OUTPUT_MANIFEST_LIST: {
    codes: [Code.InvalidArgument],
    meaning: "a `docker` archive of several platforms or with attestations",
    recovery: "use `oci`, or leave one of them out",
  },
  OUTPUT_NOT_READY: {
    codes: [Code.FailedPrecondition],
    meaning: "`ReadOutput` before the output is ready, or a second time",
    recovery: "wait for the event `output_ready`",
  },
  OUTPUT_PATH_INVALID: {
    codes: [Code.InvalidArgument],
    meaning: "the destination is a folder where a file is expected, or cannot be created",
  },
  OUTPUT_TWICE: {
    codes: [Code.InvalidArgument],
    meaning: "more than one output has `tar=false`",
  },
  OUTPUT_TYPE_UNKNOWN: {
    codes: [Code.InvalidArgument],
    meaning: "the output type is unknown",
  },
  OUTPUT_UNKNOWN: {
    codes: [Code.NotFound],
    meaning: "`ReadOutput` of an output that the build does not stream",
  },
} satisfies ReasonTable;
