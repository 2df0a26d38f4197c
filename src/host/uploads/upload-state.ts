import { Code } from "@connectrpc/connect";
import type { Reason } from "../../errors/reasons.js";
import { readTypedError, typedError } from "../../errors/typed-error.js";
import type { ManifestIntake } from "./manifest-intake.js";
import type { TarIntake } from "./tar-intake.js";
import type { Tree } from "./tree.js";

/** State of an upload. */
export type State =
  | { kind: "tar"; intake: TarIntake }
  | { kind: "manifest"; intake: ManifestIntake }
  | { kind: "finished"; tree: Tree }
  /** It failed; later calls get the same error. Its contents are deleted. */
  | { kind: "failed"; error: unknown };

/** Whether the upload still accepts data. */
export function isReceiving(state: State): state is Extract<State, { intake: unknown }> {
  return state.kind === "tar" || state.kind === "manifest";
}

/** Whether the client may continue after an error: it sent a wrong chunk, or finished too early. */
export function isRecoverable(error: unknown): boolean {
  const recoverable = [
    "UPLOAD_OFFSET_MISMATCH",
    "UPLOAD_DIGEST_MISMATCH",
    "UPLOAD_BLOB_UNKNOWN",
    "UPLOAD_INCOMPLETE",
    "UPLOAD_WRONG_KIND",
    "UPLOAD_FINISHED",
    "UPLOAD_TOO_MANY",
  ];
  return recoverable.includes(readTypedError(error).reason);
}

/** Returns the state if it has this kind; otherwise throws a typed error. */
export function expectState<K extends State["kind"]>(state: State, kind: K): Extract<State, { kind: K }> {
  if (state.kind === kind) return state as Extract<State, { kind: K }>;
  const [reason, message]: [Reason, string] =
    kind === "finished"
      ? ["UPLOAD_NOT_FINISHED", "The upload is not finished; call FinishUpload first."]
      : state.kind === "finished"
        ? ["UPLOAD_FINISHED", "The upload is finished and accepts no more data."]
        : ["UPLOAD_WRONG_KIND", `The upload was created for a ${state.kind}, not for a ${kind}.`];
  throw typedError({ code: Code.FailedPrecondition, reason, message });
}
