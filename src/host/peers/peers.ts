import { type ClientHttp2Stream, constants } from "node:http2";
import { Code, ConnectError, type Transport } from "@connectrpc/connect";
import { createGrpcTransport, type GrpcTransportOptions } from "@connectrpc/connect-node";
import { readTypedError, typedError } from "../../errors/typed-error.js";
import { mapErrors } from "../../util/map-errors.js";
import { type ForwardedCalls, forwardedHeader } from "../access/forwarded-calls.js";
import type { Principal } from "../access/principal.js";
import { currentCall } from "../base/call-scope.js";
import type { Keyring } from "../sealing/keyring.js";
import type { BuildHost, Team } from "../store/build-store.js";
import { type Reach, reachOf } from "./advertisement.js";
import { authorityOf, PeerConnection } from "./peer-connection.js";

/** What {@link Peers} works with. */
export interface PeersOptions {
  readonly team: Pick<Team, "hostOf">;
  readonly keyring: Keyring;
  readonly calls: ForwardedCalls;
  /** A connection without calls is closed after this time, in milliseconds; default 30 000. */
  readonly idleMs?: number;
}

type SessionManager = NonNullable<GrpcTransportOptions["sessionManager"]>;

/** The way to the other hosts of a database. The calls to a process share connections. */
export class Peers {
  readonly #options: PeersOptions;
  /** By the process that they lead to. */
  readonly #connections = new Map<string, Set<PeerConnection>>();
  readonly #opening = new Map<string, Promise<PeerConnection>>();
  #isClosed = false;

  constructor(options: PeersOptions) {
    this.#options = options;
  }

  /**
   * The way to the host that has a build, for one call of a principal. Undefined when that host does not say how it is
   * reached. The call rejects with UNAVAILABLE, reason BUILD_HOST_UNREACHABLE, when the host cannot be reached, or is lost.
   */
  async transportTo(build: string, principal: Principal): Promise<Transport | undefined> {
    const { team, keyring, calls } = this.#options;
    const host = await team.hostOf(build);
    const reach = host && reachOf(host, keyring);
    if (!reach) return undefined;
    const authority = authorityOf(reach);
    let isRefused = false;
    const sessionManager: SessionManager = {
      authority,
      request: async (method, path, headers) => {
        const call = await this.#request(reach, method, path, headers);
        return call.once("close", () => {
          isRefused = call.rstCode === constants.NGHTTP2_REFUSED_STREAM;
        });
      },
      notifyResponseByteRead() {},
    };
    return createGrpcTransport({
      baseUrl: authority,
      sessionManager,
      acceptCompression: [],
      interceptors: [
        (next) => async (request) => {
          // The caller has left, or its time is over. The code does not tell: the calls of a connection that was lost end with CANCELED.
          const convert = (cause: unknown) => (request.signal.aborted ? cause : typedOf(host, build, cause));
          const path = new URL(request.url).pathname;
          request.header.set(forwardedHeader, calls.sign(reach.process, path, principal));
          const call = currentCall();
          if (call) request.header.set("x-request-id", call);
          try {
            const response = await next(request).catch((cause) => {
              // It came after the host had announced its end on the connection, and was not read. Another one takes it.
              if (isRefused) return next(request);
              throw cause;
            });
            return response.stream
              ? { ...response, message: mapErrors(response.message, convert) }
              : response;
          } catch (cause) {
            throw convert(cause);
          }
        },
      ],
    });
  }

  /** Sends a request on a connection with room for it. */
  async #request(
    reach: Reach,
    ...request: Parameters<PeerConnection["request"]>
  ): Promise<ClientHttp2Stream> {
    for (;;) {
      const found = [...(this.#connections.get(reach.process) ?? [])].find(({ hasRoom }) => hasRoom);
      if (found) return found.request(...request);
      const opening = this.#opening.get(reach.process) ?? this.#open(reach);
      if (!(await opening).isOpen) throw new Error("the connection was closed");
    }
  }

  #open(reach: Reach): Promise<PeerConnection> {
    const { process } = reach;
    const open = async () => {
      try {
        const connection = await PeerConnection.open(reach, this.#options.idleMs ?? 30_000, () =>
          this.#forget(process, connection),
        );
        if (this.#isClosed) connection.close(closed());
        this.#connections.set(process, (this.#connections.get(process) ?? new Set()).add(connection));
        return connection;
      } finally {
        this.#opening.delete(process);
      }
    };
    const opening = open();
    this.#opening.set(process, opening);
    return opening;
  }

  #forget(process: string, connection: PeerConnection): void {
    const left = this.#connections.get(process);
    left?.delete(connection);
    if (left?.size === 0) this.#connections.delete(process);
  }

  /** Closes the connections; calls in progress end. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const connections of this.#connections.values())
      for (const connection of connections) connection.close(closed());
  }
}

const closed = () => new ConnectError("this host stops", Code.Unavailable);

/** An error of the other host has a reason; what else goes wrong is the connection to it. */
function typedOf(host: BuildHost, build: string, cause: unknown): unknown {
  const { domain, reason } = readTypedError(cause);
  const isOfHost = domain !== undefined && reason !== "FORWARDED_CALL_WRONG";
  return isOfHost ? cause : unreachable(host, build, cause);
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
