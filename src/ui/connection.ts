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
  Code.Unauthenticated,
]);

/** Whether the host may answer otherwise when it is asked again: it could not be reached, or is about to end. */
export function isPassing(cause: unknown): boolean {
  return !answers.has(ConnectError.from(cause).code);
}

/** Whether an error comes from where no host answers, or from a host that is about to end; a node can be unavailable, too. */
function isOfHost(cause: unknown): boolean {
  const reason = ConnectError.from(cause).findDetails(ErrorInfoSchema)[0]?.reason;
  return reason === undefined || reason === "HOST_NOT_RUNNING" || reason === "HOST_STOPPING";
}

/** What the last calls say about the host. */
class Connection extends Observable {
  #isLost = false;
  #isRefused = false;
  /** Of the host's clock, in milliseconds. */
  #ahead = 0;

  /** The host does not answer. */
  get isLost(): boolean {
    return this.#isLost;
  }

  /** The host knows the token no more, or not yet. */
  get isRefused(): boolean {
    return this.#isRefused;
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
    this.#set(false, false);
  }

  /** A call failed. */
  failed(cause: unknown): void {
    const isRefused = ConnectError.from(cause).code === Code.Unauthenticated;
    this.#set(isPassing(cause) && isOfHost(cause), isRefused || this.#isRefused);
  }

  #set(isLost: boolean, isRefused: boolean): void {
    if (isLost === this.#isLost && isRefused === this.#isRefused) return;
    this.#isLost = isLost;
    this.#isRefused = isRefused;
    this.changed();
  }
}

/** The connection of this page. */
export const connection = new Connection();
