import { readFile } from "node:fs/promises";
import type { ClientHttp2Stream } from "node:http2";
import { connect as dial } from "node:net";
import { dirname } from "node:path";
import { Code, type Interceptor, type Transport } from "@connectrpc/connect";
import { createGrpcTransport, Http2SessionManager } from "@connectrpc/connect-node";
import { typedError } from "../errors/typed-error.js";
import type { HostAddress } from "../host-address/address.js";
import { checkSocketFolder } from "../host-address/address-folder.js";
import { mapErrors } from "../util/map-errors.js";
import { typeConnectionError, typeMissingCall } from "./connect-errors.js";

/** A connection to a host. */
export interface HostConnection {
  address: HostAddress;
  /** For `createClient`; it connects again by itself when the host was started anew. */
  transport: Transport;
  /** Ends the connection, and with it the calls that still run. */
  close(): void;
}

/** Bytes that the host may send ahead, for one call and for all calls of a connection that reads. */
const windowBytes = { call: 4 << 20, connection: 16 << 20 };

/**
 * Connects to a host, speaking gRPC. UNAVAILABLE, reason HOST_NOT_RUNNING or HOST_UNREACHABLE, if there is none;
 * PERMISSION_DENIED, reason HOST_NOT_PERMITTED, for a socket of another user; FAILED_PRECONDITION, reason
 * SOCKET_FOLDER_UNSAFE, for a socket in a folder that another user can write to, which is checked before each
 * connection. An idle connection does not keep the process alive.
 *
 * Calls that stream from the host have a second connection, opened with the first of them. Its window is wide, which
 * doubles their speed. Node stops reading a connection while a write to it waits, so that two ends in Node with wide
 * windows that both send in bulk wait for each other for ever; on neither of these connections do both.
 */
export async function connectHost(address: HostAddress): Promise<HostConnection> {
  if (address.kind === "unix") requireSafeFolder(address);
  const [options, interceptors] = await Promise.all([sessionOptions(address), authorize(address)]);
  const sending = new Http2SessionManager(baseUrl(address), undefined, options);
  const reading = new WideSession(baseUrl(address), undefined, options);
  if ((await sending.connect()) === "error") throw typeConnectionError(sending.error(), address);
  let closed = false;
  const open = (sessionManager: Http2SessionManager) =>
    createGrpcTransport({
      baseUrl: baseUrl(address),
      sessionManager,
      // Nothing is gained by it over a local socket, and the host sends nothing compressed.
      acceptCompression: [],
      interceptors: [typeErrors(address, () => closed), ...interceptors],
    });
  const [toSend, toRead] = [open(sending), open(reading)];
  const transport: Transport = {
    unary: toSend.unary,
    stream: (method, ...rest) =>
      (method.methodKind === "server_streaming" ? toRead : toSend).stream(method, ...rest),
  };
  const close = () => {
    closed = true;
    sending.abort();
    reading.abort();
  };
  return { address, transport, close };
}

const baseUrl = (address: HostAddress) => (address.kind === "unix" ? "http://localhost" : address.url);

/** Widens the window of every connection that it opens; Node's own default holds a connection at 64 KiB. */
class WideSession extends Http2SessionManager {
  #widened = new WeakSet<object>();

  override async request(...args: Parameters<Http2SessionManager["request"]>): Promise<ClientHttp2Stream> {
    const stream = await super.request(...args);
    const { session } = stream;
    if (session && !this.#widened.has(session)) {
      this.#widened.add(session);
      session.setLocalWindowSize(windowBytes.connection);
    }
    return stream;
  }
}

async function sessionOptions(address: HostAddress) {
  const settings = { initialWindowSize: windowBytes.call, enablePush: false };
  if (address.kind === "unix") {
    const dialSafely = () => {
      requireSafeFolder(address);
      return dial(address.path);
    };
    return { settings, createConnection: dialSafely };
  }
  const { caFile, certFile, keyFile } = address.tls ?? {};
  const [ca, cert, key] = await Promise.all(
    [caFile, certFile, keyFile].map((file) => file && readClientFile(file)),
  );
  return { settings, ca, cert, key };
}

/** Refuses a socket that another user can have created; without its folder there is no socket to connect to. */
function requireSafeFolder(address: { kind: "unix"; path: string }): void {
  let exists: boolean;
  try {
    exists = checkSocketFolder(dirname(address.path));
  } catch (cause) {
    throw typeConnectionError(cause, address);
  }
  if (!exists) throw typeConnectionError(Object.assign(new Error("no folder"), { code: "ENOENT" }), address);
}

async function authorize(address: HostAddress): Promise<Interceptor[]> {
  if (address.kind !== "tcp" || !address.tokenFile) return [];
  const token = (await readClientFile(address.tokenFile)).trim();
  return [
    (next) => (request) => {
      request.header.set("authorization", `Bearer ${token}`);
      return next(request);
    },
  ];
}

function readClientFile(file: string): Promise<string> {
  return readFile(file, "utf8").catch((error: Error) => {
    throw typedError({
      code: Code.FailedPrecondition,
      reason: "CLIENT_FILE_UNREADABLE",
      message: `A file for the connection to the host cannot be read: ${error.message}.`,
      remedy: "Check SLIPWAY_TOKEN_FILE and SLIPWAY_CERT_PATH.",
      metadata: { file },
    });
  });
}

/** Gives the errors of the connection itself their reasons; those of the host have theirs. */
function typeErrors(address: HostAddress, isClosed: () => boolean): Interceptor {
  return (next) => async (request) => {
    const convert = (error: unknown) => {
      // Whoever ended it here knows why.
      const own = isClosed() || request.signal.aborted;
      return own ? error : (typeMissingCall(error, request) ?? typeConnectionError(error, address));
    };
    try {
      const response = await next(request);
      return response.stream ? { ...response, message: mapErrors(response.message, convert) } : response;
    } catch (error) {
      throw convert(error);
    }
  };
}
