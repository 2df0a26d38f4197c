import type { Code } from "@connectrpc/connect";
import { Code as Codes } from "@connectrpc/connect";
import { driverDomain, readTypedError, type TypedError } from "../errors/typed-error.js";
import type { Subject } from "./subject.js";

/** One rule of the driver protocol, and how a plugin's keeping it is seen. */
export interface Check {
  /** Stable name, listed in docs/conformance.md. */
  id: `DRV-${string}`;
  /** What a plugin that passes does. */
  title: string;
  /** Anchor of the rule in docs/driver-protocol.md. */
  rule: string;
  /** A SHOULD that is not kept is a warning, and everything else a failure; MUST by default. */
  level?: "SHOULD";
  /** Needs a backend, so a configuration. */
  backend?: true;
  /** Needs a configuration that Validate takes; many drivers have one without being given any. */
  sample?: true;
  /** What a driver must have for the rule to hold; without it the check is skipped. Most rules hold for every plugin. */
  when?: Condition;
  /** Throws {@link Violation} when the rule is not kept. */
  run(subject: Subject): Promise<void>;
}

/** What a rule is about, when not every driver has it. */
export interface Condition {
  /** The capability, or another short name of it. */
  text: string;
  /** Why the rule does not hold for a driver, for people; undefined when it does. */
  missing(subject: Subject): string | undefined;
}

/** A rule that is not kept: what was seen, and what was expected. */
export class Violation extends Error {}

/** Throws {@link Violation} unless the condition holds. */
export function must(condition: unknown, violation: string): asserts condition {
  if (!condition) throw new Violation(violation);
}

/** Whether the driver under test advertises a capability. */
export function has({ driver }: Subject, capability: string): boolean {
  return driver.capabilities.some(({ id }) => id === capability);
}

/** Holds for drivers that advertise a capability. */
export function needs(capability: string): Condition {
  const missing = (subject: Subject) =>
    has(subject, capability) ? undefined : `the driver does not advertise ${capability}`;
  return { text: capability, missing };
}

/** What a call must fail with. */
export interface Expected {
  code: Code;
  /** Also the reason; by default any. */
  reason?: string;
}

/** Waits for a call that must fail, and checks how. */
export async function mustFail(
  what: string,
  call: Promise<unknown>,
  expected: Expected,
): Promise<TypedError> {
  const error = await call.then(
    () => undefined,
    (cause: unknown) => readTypedError(cause),
  );
  const wanted = `${codeName(expected.code)}${expected.reason ? ` (${expected.reason})` : ""}`;
  must(error, `${what} succeeded instead of ending with ${wanted}`);
  const seen = `${codeName(error.code)} (${error.reason}): ${error.message}`;
  const fits = error.code === expected.code && (!expected.reason || error.reason === expected.reason);
  must(fits, `${what} ended with ${seen}; expected ${wanted}`);
  return error;
}

/** Throws unless an error is as the protocol has them: with a domain, a stable reason and a message. */
export function mustBeTyped(what: string, { code, reason, domain, message }: TypedError): void {
  const which = `the error ${reason} (${codeName(code)}) of ${what}`;
  must(
    domain === driverDomain,
    `${which} has the domain "${domain ?? ""}"; expected ${driverDomain} in google.rpc.ErrorInfo`,
  );
  must(isReason(reason), `the reason "${reason}" of ${what} is not in UPPER_SNAKE_CASE`);
  must(message, `${which} has no message`);
}

/** Waits for a call that must fail with a typed error; which codes say it well is for the rule to tell. */
export async function mustRefuse(what: string, call: Promise<unknown>, codes: Code[]): Promise<TypedError> {
  const error = await call.then(() => undefined, readTypedError);
  const wanted = codes.map(codeName).join(" or ");
  must(error, `${what} succeeded instead of ending with ${wanted}`);
  const seen = `${codeName(error.code)} (${error.reason}): ${error.message}`;
  must(codes.includes(error.code), `${what} ended with ${seen}; expected ${wanted}`);
  mustBeTyped(what, error);
  return error;
}

/** Waits for a call that must not fail. */
export async function mustSucceed<T>(what: string, call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (cause) {
    const { code, reason, message } = readTypedError(cause);
    throw new Violation(`${what} ended with ${codeName(code)} (${reason}): ${message}`);
  }
}

/** Whether a text is a stable reason for programs. */
export function isReason(text: string): boolean {
  return /^[A-Z][A-Z0-9]*(_[A-Z0-9]+)*$/.test(text);
}

/** A code as gRPC writes it. */
export function codeName(code: Code): string {
  return Codes[code].replace(/(?<=[a-z])(?=[A-Z])/g, "_").toUpperCase();
}

/** A stream of one request. */
export async function* only<T>(request: T) {
  yield request;
}

/** Reads a stream of messages to its end. */
export async function collect<T>(messages: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const message of messages) all.push(message);
  return all;
}
