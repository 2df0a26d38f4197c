import type { Code } from "@connectrpc/connect";
import { codeName, driverDomain, readTypedError, type TypedError } from "../errors/typed-error.js";
import { must, Violation } from "./report/violation.js";

/** The expected error of a call. */
export interface Expected {
  code: Code;
  /** The expected reason; any by default. */
  reason?: string;
}

/** Waits for a call that must fail with an error. */
export async function mustFail(
  what: string,
  call: Promise<unknown>,
  { code, reason }: Expected,
): Promise<TypedError> {
  const expected = `${codeName(code)}${reason ? ` (${reason})` : ""}`;
  const error = await errorOf(what, call, expected);
  const fits = error.code === code && (!reason || error.reason === reason);
  must(fits, `${what} ended with ${formatError(error)}, expected ${expected}.`);
  return error;
}

/** Waits for a call that must fail with a typed error that has one of the codes. */
export async function mustRefuse(what: string, call: Promise<unknown>, codes: Code[]): Promise<TypedError> {
  const expected = codes.map(codeName).join(" or ");
  const error = await errorOf(what, call, expected);
  must(codes.includes(error.code), `${what} ended with ${formatError(error)}, expected ${expected}.`);
  mustBeTyped(what, error);
  return error;
}

async function errorOf(what: string, call: Promise<unknown>, expected: string): Promise<TypedError> {
  const error = await failureOf(call);
  must(error, `${what} succeeded, expected ${expected}.`);
  return error;
}

/** Waits for a call that must succeed. */
export async function mustSucceed<T>(what: string, call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (cause) {
    throw new Violation(`${what} ended with ${formatError(readTypedError(cause))}.`);
  }
}

/** Throws unless an error has what the protocol requires: the drivers' domain, a stable reason and a message. */
export function mustBeTyped(what: string, { code, reason, domain, message }: TypedError): void {
  const subject = `The error ${reason} (${codeName(code)}) of ${what}`;
  must(
    domain === driverDomain,
    `${subject} has the domain "${domain ?? ""}", expected ${driverDomain} in google.rpc.ErrorInfo.`,
  );
  must(isReason(reason), `The reason "${reason}" of ${what} is not in UPPER_SNAKE_CASE.`);
  must(message, `${subject} has no message.`);
}

/** Waits for a call; returns its error, or undefined when it succeeds. */
export function failureOf(call: Promise<unknown>): Promise<TypedError | undefined> {
  return call.then(() => undefined, readTypedError);
}

/** Formats an error for a violation, as a clause: "NOT_FOUND (DRIVER_UNKNOWN): …". */
export function formatError({ code, reason, message }: TypedError): string {
  return `${codeName(code)} (${reason})${message && `: ${message.replace(/\.$/, "")}`}`;
}

/** Whether a text is a stable reason for programs. */
export function isReason(text: string): boolean {
  return /^[A-Z][A-Z0-9]*(_[A-Z0-9]+)*$/.test(text);
}
