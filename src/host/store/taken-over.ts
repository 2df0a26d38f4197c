import { Code, type ConnectError } from "@connectrpc/connect";
import { readTypedError, typedError } from "../../errors/typed-error.js";

/** UNAVAILABLE, reason BUILD_TAKEN_OVER: another host runs the build now, since this one did not show that it lives. */
export function buildTakenOver(id: string): ConnectError {
  return typedError({
    code: Code.Unavailable,
    reason: "BUILD_TAKEN_OVER",
    message: `Another host has taken build ${id} over.`,
    remedy: "Watch it again.",
  });
}

/** Whether an error says that another host runs the build now. */
export function isTakenOver(cause: unknown): boolean {
  return readTypedError(cause).reason === "BUILD_TAKEN_OVER";
}
