import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  type OutgoingHttpHeaders,
} from "node:http2";
import type { Socket } from "node:net";
import { Code, ConnectError } from "@connectrpc/connect";
import { destroySession } from "../../network/destroy-session.js";
import { endWhenDead } from "../../network/end-when-dead.js";
import { withBrackets } from "../../network/with-brackets.js";
import type { Reach } from "./advertisement.js";
import { dialPinned } from "./dial-pinned.js";

/**
 * Calls on one connection. A host accepts 1000, and all the calls that it takes by default (10 000) fit on fewer connections
 * than it accepts from one address (256).
 */
const maxCalls = 100;
/** Bytes that a host may send of a call before they are read. A call whose reader is slow does not hold up the others. */
const settings = { initialWindowSize: 4 << 20, enablePush: false };
/** A host that sends nothing for `afterMs` gets a ping, which it must answer within `answerMs`. Both in milliseconds. */
const silence = { afterMs: 5_000, answerMs: 10_000 };

/** A connection to a process of another host. It is never opened again. */
export class PeerConnection {
  #calls = 0;
  #isEnding = false;
  #idle: NodeJS.Timeout | undefined;

  private constructor(
    private readonly session: ClientHttp2Session,
    private readonly socket: Socket,
    private readonly idleMs: number,
  ) {
    // Its calls report the error.
    session.on("error", () => {});
    // The session counts as closed only after the event.
    session.on("goaway", () => setImmediate(() => this.#endUnused()));
    session.once("close", () => clearTimeout(this.#idle));
    endWhenDead(
      session,
      silence,
      () => this.close(new ConnectError("it no longer answers", Code.Unavailable)),
      () => this.#calls > 0,
    );
    this.#endUnused();
  }

  /**
   * Connects to a process.
   * @param idleMs a connection without calls is closed after this time, in milliseconds
   * @param onClose called when the connection has ended
   */
  static async open(reach: Reach, idleMs: number, onClose: () => void): Promise<PeerConnection> {
    const socket = await dialPinned(reach);
    const session = connect(authorityOf(reach), { settings, createConnection: () => socket });
    session.once("close", onClose);
    return new PeerConnection(session, socket, idleMs);
  }

  /** It takes calls until the host announces its end. */
  get isOpen(): boolean {
    return !this.#isEnding && !this.session.closed && !this.session.destroyed;
  }

  /** It takes one more call. */
  get hasRoom(): boolean {
    return this.isOpen && this.#calls < maxCalls;
  }

  /** Sends a request. */
  request(method: string, path: string, headers: OutgoingHttpHeaders): ClientHttp2Stream {
    const call = this.session.request({ ...headers, ":method": method, ":path": path });
    clearTimeout(this.#idle);
    this.#calls += 1;
    call.once("close", () => {
      this.#calls -= 1;
      this.#endUnused();
    });
    // The caller may have left, and an error that nobody handles ends the process.
    return call.on("error", () => {});
  }

  /** Ends the connection and all calls on it. */
  close(reason: Error): void {
    this.#isEnding = true;
    destroySession(this.session, this.socket, reason);
  }

  /** Without calls, a connection whose end was announced ends at once, and another one after some time. */
  #endUnused(): void {
    if (this.#calls > 0) return;
    clearTimeout(this.#idle);
    const end = () => this.close(new ConnectError("it was not used", Code.Canceled));
    if (this.isOpen) this.#idle = setTimeout(end, this.idleMs).unref();
    else end();
  }
}

/** Scheme, host and port of a process. */
export function authorityOf({ host, port, fingerprints }: Reach): string {
  return `${fingerprints.length > 0 ? "https" : "http"}://${withBrackets(host)}:${port}`;
}
