import type { Socket } from "node:net";
import { Code, ConnectError, type Transport } from "@connectrpc/connect";
import { createGrpcTransport, Http2SessionManager } from "@connectrpc/connect-node";
import { readTypedError, typedError } from "../../errors/typed-error.js";
import { withBrackets } from "../../network/with-brackets.js";
import { mapErrors } from "../../util/map-errors.js";
import { type ForwardedCalls, forwardedHeader } from "../access/forwarded-calls.js";
import type { Principal } from "../access/principal.js";
import { currentCall } from "../base/call-scope.js";
import type { Keyring } from "../sealing/keyring.js";
import type { BuildHost, Team } from "../store/build-store.js";
import { reachOf } from "./advertisement.js";
import { dialPinned } from "./dial-pinned.js";

/** Bytes that a host may send before they are read. */
const windowBytes = 4 << 20;
/** A host that is silent is asked after this time whether it is there, and may take so long to answer, in milliseconds. */
const pings = { pingIntervalMs: 5_000, pingTimeoutMs: 10_000 };

/** What {@link Peers} works with. */
export interface PeersOptions {
  readonly team: Team;
  readonly keyring: Keyring;
  readonly calls: ForwardedCalls;
}

/** A connection for one call. */
export interface PeerConnection {
  readonly transport: Transport;
  close(): void;
}

/**
 * The way to the other hosts of a database. Each call has a connection of its own: there are few, and a host that stops takes
 * no more calls on one that is open.
 */
export class Peers {
  readonly #options: PeersOptions;
  readonly #sockets = new Set<Socket>();
  #isClosed = false;

  constructor(options: PeersOptions) {
    this.#options = options;
  }

  /**
   * Connects to the host that has a build, for one call of a principal. Undefined when that host does not say how it is
   * reached. Rejects with UNAVAILABLE, reason BUILD_HOST_UNREACHABLE, when it cannot be reached, and so does the call when
   * the host is lost.
   */
  async connect(build: string, principal: Principal): Promise<PeerConnection | undefined> {
    const { team, keyring, calls } = this.#options;
    const host = await team.hostOf(build);
    const reach = host && reachOf(host, keyring);
    if (!reach) return undefined;
    const socket = await dialPinned(reach).catch((cause) => {
      throw unreachable(host, build, cause);
    });
    this.#sockets.add(socket);
    socket.once("close", () => this.#sockets.delete(socket));
    if (this.#isClosed) socket.destroy();
    const createConnection = () => {
      if (socket.destroyed) throw new Error("the connection was closed");
      return socket;
    };
    const settings = { initialWindowSize: windowBytes, enablePush: false };
    const baseUrl = `${reach.fingerprints.length > 0 ? "https" : "http"}://${withBrackets(reach.host)}:${reach.port}`;
    const convert = (cause: unknown) => typedOf(host, build, cause);
    const transport = createGrpcTransport({
      baseUrl,
      sessionManager: new Http2SessionManager(baseUrl, pings, { settings, createConnection }),
      acceptCompression: [],
      interceptors: [
        (next) => async (request) => {
          const path = new URL(request.url).pathname;
          request.header.set(forwardedHeader, calls.sign(reach.process, path, principal));
          const call = currentCall();
          if (call) request.header.set("x-request-id", call);
          try {
            const response = await next(request);
            return response.stream
              ? { ...response, message: mapErrors(response.message, convert) }
              : response;
          } catch (cause) {
            throw convert(cause);
          }
        },
      ],
    });
    return { transport, close: () => void socket.destroy() };
  }

  /** Closes the connections; calls in progress end. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const socket of this.#sockets) socket.destroy();
  }
}

/** An error of the other host has a reason; what else goes wrong is the connection to it. */
function typedOf(host: BuildHost, build: string, cause: unknown): unknown {
  const { domain, reason } = readTypedError(cause);
  const isOfHost = domain !== undefined && reason !== "FORWARDED_CALL_WRONG";
  const { code } = ConnectError.from(cause);
  // The caller has left, or its time is over.
  const isOwn = code === Code.Canceled || code === Code.DeadlineExceeded;
  return isOfHost || isOwn ? cause : unreachable(host, build, cause);
}

/** UNAVAILABLE, reason BUILD_HOST_UNREACHABLE. */
function unreachable({ name }: BuildHost, build: string, cause: unknown): ConnectError {
  const { rawMessage } = ConnectError.from(cause);
  return typedError({
    code: Code.Unavailable,
    reason: "BUILD_HOST_UNREACHABLE",
    message: `The host ${name}, which runs build ${build}, cannot be reached: ${rawMessage.replace(/\.$/, "")}.`,
    remedy: "Try again. If the host has ended, watch the build: another host takes it over.",
    metadata: { host: name },
  });
}
