import { Code } from "@connectrpc/connect";
import type { Reason } from "../../errors/reasons.js";
import { readTypedError, typedError } from "../../errors/typed-error.js";
import type { ManifestIntake } from "./manifest-intake.js";
import type { TarIntake } from "./tar-intake.js";
import type { Tree } from "./tree.js";

/** How far an upload is. */
export type State =
  | { kind: "tar"; intake: TarIntake }
  | { kind: "manifest"; intake: ManifestIntake }
  | { kind: "finished"; tree: Tree }
  /** What was wrong with it, for the calls that still come; nothing is kept of it. */
  | { kind: "failed"; error: unknown };

/** Whether it still takes data. */
export function isReceiving(state: State): state is Extract<State, { intake: unknown }> {
  return state.kind === "tar" || state.kind === "manifest";
}

/** Errors after which the client may go on with the upload: it sent a wrong piece, or finished too early. */
export function isHarmless(error: unknown): boolean {
  const harmless = [
    "UPLOAD_OFFSET_MISMATCH",
    "UPLOAD_DIGEST_MISMATCH",
    "UPLOAD_BLOB_UNKNOWN",
    "UPLOAD_INCOMPLETE",
    "UPLOAD_WRONG_KIND",
    "UPLOAD_FINISHED",
    "UPLOAD_TOO_MANY",
  ];
  return harmless.includes(readTypedError(error).reason);
}

/** The state if it is of that kind; throws the typed error that says why the call does not fit otherwise. */
export function expectState<K extends State["kind"]>(state: State, kind: K): Extract<State, { kind: K }> {
  if (state.kind === kind) return state as Extract<State, { kind: K }>;
  const [reason, message]: [Reason, string] =
    kind === "finished"
      ? ["UPLOAD_NOT_FINISHED", "the upload is not finished; call FinishUpload first"]
      : state.kind === "finished"
        ? ["UPLOAD_FINISHED", "the upload is finished and takes no more data"]
        : ["UPLOAD_WRONG_KIND", `the upload was created for a ${state.kind}, not for a ${kind}`];
  throw typedError({ code: Code.FailedPrecondition, reason, message });
}
