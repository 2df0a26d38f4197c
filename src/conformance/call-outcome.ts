import { Code } from "@connectrpc/connect";
import { driverDomain, readTypedError, type TypedError } from "../errors/typed-error.js";
import { must, Violation } from "./violation.js";

/** How a call must fail. */
export interface Expected {
  code: Code;
  /** The reason as well; by default any. */
  reason?: string;
}

/** Waits for a call that must fail, and checks how. */
export async function mustFail(
  what: string,
  call: Promise<unknown>,
  { code, reason }: Expected,
): Promise<TypedError> {
  const wanted = `${codeName(code)}${reason ? ` (${reason})` : ""}`;
  const error = await errorOf(what, call, wanted);
  const fits = error.code === code && (!reason || error.reason === reason);
  must(fits, `${what} ended with ${formatError(error)}; expected ${wanted}`);
  return error;
}

/** Waits for a call that must fail with a typed error of one of some codes. */
export async function mustRefuse(what: string, call: Promise<unknown>, codes: Code[]): Promise<TypedError> {
  const wanted = codes.map(codeName).join(" or ");
  const error = await errorOf(what, call, wanted);
  must(codes.includes(error.code), `${what} ended with ${formatError(error)}; expected ${wanted}`);
  mustBeTyped(what, error);
  return error;
}

async function errorOf(what: string, call: Promise<unknown>, wanted: string): Promise<TypedError> {
  const error = await failureOf(call);
  must(error, `${what} succeeded instead of ending with ${wanted}`);
  return error;
}

/** Waits for a call that must succeed. */
export async function mustSucceed<T>(what: string, call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (cause) {
    throw new Violation(`${what} ended with ${formatError(readTypedError(cause))}`);
  }
}

/** Throws unless an error has what the protocol demands: the drivers' domain, a stable reason and a message. */
export function mustBeTyped(what: string, { code, reason, domain, message }: TypedError): void {
  const which = `the error ${reason} (${codeName(code)}) of ${what}`;
  must(
    domain === driverDomain,
    `${which} has the domain "${domain ?? ""}"; expected ${driverDomain} in google.rpc.ErrorInfo`,
  );
  must(isReason(reason), `the reason "${reason}" of ${what} is not in UPPER_SNAKE_CASE`);
  must(message, `${which} has no message`);
}

/** Waits for a call; returns its error, or undefined when it succeeds. */
export function failureOf(call: Promise<unknown>): Promise<TypedError | undefined> {
  return call.then(() => undefined, readTypedError);
}

/** An error as findings show it: "NOT_FOUND (DRIVER_UNKNOWN): …". */
export function formatError({ code, reason, message }: TypedError): string {
  return `${codeName(code)} (${reason})${message && `: ${message}`}`;
}

/** Whether a text is a stable reason for programs. */
export function isReason(text: string): boolean {
  return /^[A-Z][A-Z0-9]*(_[A-Z0-9]+)*$/.test(text);
}

/** A code as gRPC writes it. */
export function codeName(code: Code): string {
  return Code[code].replace(/(?<=[a-z])(?=[A-Z])/g, "_").toUpperCase();
}
