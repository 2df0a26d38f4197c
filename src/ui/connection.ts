import { Code, ConnectError } from "@connectrpc/connect";
import { ErrorInfoSchema } from "../gen/google/rpc/error_details_pb.js";
import { Observable } from "./observable.js";

/** Codes by which the host answers for good. With others, or without an answer, a call can be repeated. */
const answers = new Set([
  Code.InvalidArgument,
  Code.NotFound,
  Code.AlreadyExists,
  Code.PermissionDenied,
  Code.FailedPrecondition,
  Code.OutOfRange,
  Code.Unimplemented,
  Code.ResourceExhausted,
]);

/** Whether the host may answer otherwise when it is asked again: it could not be reached, is about to end, or wants a token. */
export function isPassing(cause: unknown): boolean {
  return !answers.has(ConnectError.from(cause).code);
}

/** Whether the host does not know who calls: there is no token, or it has expired or was revoked. */
export function isRefusal(cause: unknown): boolean {
  return ConnectError.from(cause).code === Code.Unauthenticated;
}

/** Whether an error comes from where no host answers, or from a host that is about to end; a node can be unavailable, too. */
function isOfHost(cause: unknown): boolean {
  const reason = ConnectError.from(cause).findDetails(ErrorInfoSchema)[0]?.reason;
  return reason === undefined || reason === "HOST_NOT_RUNNING" || reason === "HOST_STOPPING";
}

/** What the last calls say about the host. */
class Connection extends Observable {
  #isLost = false;
  #refusal: unknown;
  #principal: string | undefined;
  #users = 0;
  /** Of the host's clock, in milliseconds. */
  #ahead = 0;

  /** The host does not answer. */
  get isLost(): boolean {
    return this.#isLost;
  }

  /** The error by which the host refused the token, or a call without one, until it takes the next; undefined otherwise. */
  get refusal(): unknown {
    return this.#refusal;
  }

  /** Whom the host takes the caller for; undefined before it has said so. */
  get principal(): string | undefined {
    return this.#principal;
  }

  /** How often another user has signed in: what is shown belongs to one. */
  get users(): number {
    return this.#users;
  }

  /** The host takes the token, for this principal. */
  admit(principal: string): void {
    this.identify(principal);
    this.#set(this.#isLost, undefined);
  }

  /** The host has said who calls. */
  identify(principal: string): void {
    if (principal === this.#principal) return;
    if (this.#principal !== undefined) this.#users++;
    this.#principal = principal;
    this.changed();
  }

  /** Resolves when calls may be sent, or when the signal is aborted. */
  async admission(signal: AbortSignal): Promise<void> {
    if (!this.#refusal) return;
    await new Promise<void>((resolve) => {
      const check = () => {
        if (this.#refusal && !signal.aborted) return;
        unsubscribe();
        resolve();
      };
      const unsubscribe = this.subscribe(check);
      signal.addEventListener("abort", check, { once: true });
      check();
    });
  }

  /** Time of the host, in milliseconds since 1970: the clock of the browser may be wrong. */
  now(): number {
    return Date.now() + this.#ahead;
  }

  /** A call was answered. `date` is the header, with whole seconds. */
  answered(date: string | null, sent: number): void {
    const received = Date.now();
    const time = date ? Date.parse(date) + 500 : Number.NaN;
    const ahead = time - (sent + received) / 2;
    if (Math.abs(ahead - this.#ahead) > 1500) this.#ahead = ahead;
    this.#set(false, this.#refusal);
  }

  /** A call failed. */
  failed(cause: unknown): void {
    if (isRefusal(cause)) this.#set(false, cause);
    else this.#set(isPassing(cause) && isOfHost(cause), this.#refusal);
  }

  #set(isLost: boolean, refusal: unknown): void {
    if (isLost === this.#isLost && refusal === this.#refusal) return;
    this.#isLost = isLost;
    this.#refusal = refusal;
    this.changed();
  }
}

/** The connection of this page. */
export const connection = new Connection();
