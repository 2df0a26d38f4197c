import { readFile } from "node:fs/promises";
import type { ClientHttp2Stream, Http2Session } from "node:http2";
import { connect as dial } from "node:net";
import { dirname } from "node:path";
import { Code, type Interceptor, type Transport } from "@connectrpc/connect";
import { createGrpcTransport, Http2SessionManager } from "@connectrpc/connect-node";
import { typedError } from "../errors/typed-error.js";
import type { HostAddress } from "../host-address/address.js";
import { checkSocketFolder } from "../host-address/address-folder.js";
import { isLoopback } from "../network/is-loopback.js";
import { withoutBrackets } from "../network/without-brackets.js";
import { tlsOptions } from "../tls/tls-options.js";
import { mapErrors } from "../util/map-errors.js";
import { typeConnectionError, typeMissingCall } from "./connect-errors.js";
import { sendTokens, type TokenSource } from "./token-source.js";

/** A connection to a host. */
export interface HostConnection {
  address: HostAddress;
  /** For `createClient`. Reconnects when the host was restarted. */
  transport: Transport;
  /** Closes the connection and ends the calls in progress. */
  close(): void;
}

/** Bytes that the host may send before they are read: for one call, and for all calls of the reading connection. */
const windowBytes = { call: 4 << 20, connection: 16 << 20 };

/**
 * Connects to a host with gRPC. Throws UNAVAILABLE (HOST_NOT_RUNNING or HOST_UNREACHABLE) if no host answers,
 * PERMISSION_DENIED (HOST_NOT_PERMITTED) for a socket of another user, and FAILED_PRECONDITION (SOCKET_FOLDER_UNSAFE)
 * for a socket in a folder that another user can write to. The folder is checked before each connection. An idle
 * connection does not keep the process alive.
 *
 * Calls that stream from the host use a second connection, which the first of them opens. Its large window doubles
 * their speed. Node stops reading a connection while a write to it is blocked, so two Node processes that both send in
 * bulk over one connection with large windows deadlock. On each of these connections only one side sends in bulk.
 *
 * @param tokens the tokens of calls on TCP, instead of that of SLIPWAY_TOKEN_FILE; INVALID_ARGUMENT (HOST_ADDRESS_INVALID) if
 *   they would be sent in clear text over a network. Calls reject with UNAUTHENTICATED (TOKEN_SOURCE_FAILED) when it fails,
 *   or with its error if that has a reason.
 */
export async function connectHost(address: HostAddress, tokens?: TokenSource): Promise<HostConnection> {
  if (address.kind === "unix") requireSafeFolder(address);
  const [options, interceptors] = await Promise.all([sessionOptions(address), authorize(address, tokens)]);
  const sending = new HostSession(baseUrl(address), undefined, options);
  const reading = new WideSession(baseUrl(address), undefined, options);
  if ((await sending.connect()) === "error") throw typeConnectionError(sending.error(), address);
  let closed = false;
  const open = (sessionManager: Http2SessionManager) =>
    createGrpcTransport({
      baseUrl: baseUrl(address),
      sessionManager,
      // Compression gains nothing on a local socket, and the host does not compress.
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

/** Connect stops listening for errors of a connection that it closes, and an unhandled error ends the process. */
class HostSession extends Http2SessionManager {
  readonly #known = new WeakSet<Http2Session>();

  override async request(...args: Parameters<Http2SessionManager["request"]>): Promise<ClientHttp2Stream> {
    const stream = await super.request(...args);
    const { session } = stream;
    if (session && !this.#known.has(session)) {
      this.#known.add(session);
      this.onNew(session.on("error", () => {}));
    }
    return stream;
  }

  protected onNew(_session: Http2Session): void {}
}

/** Enlarges the window of each connection that it opens; Node's default for a connection is 64 KiB. */
class WideSession extends HostSession {
  protected override onNew(session: Http2Session): void {
    session.setLocalWindowSize(windowBytes.connection);
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
  const { protocol, hostname } = new URL(address.url);
  if (protocol === "http:") return { settings };
  const { caFile, certFile, keyFile } = address.tls ?? {};
  const [ca, certificate, key] = await Promise.all(
    [caFile, certFile, keyFile].map((file) => (file ? readClientFile(file) : undefined)),
  );
  const host = withoutBrackets(hostname);
  const tls = await tlsOptions(host, { ca, certificate, key }).catch(refuseFile);
  return { settings, ...tls };
}

/** Refuses a socket that another user can have created. A missing folder means that no host is running. */
function requireSafeFolder(address: { kind: "unix"; path: string }): void {
  let exists: boolean;
  try {
    exists = checkSocketFolder(dirname(address.path));
  } catch (cause) {
    throw typeConnectionError(cause, address);
  }
  if (!exists)
    throw typeConnectionError(Object.assign(new Error("no such folder"), { code: "ENOENT" }), address);
}

async function authorize(address: HostAddress, tokens?: TokenSource): Promise<Interceptor[]> {
  if (address.kind !== "tcp") return [];
  if (tokens) {
    requirePrivateWay(address);
    return [sendTokens(tokens)];
  }
  if (!address.tokenFile) return [];
  const token = (await readClientFile(address.tokenFile)).toString().trim();
  return [
    (next) => (request) => {
      request.header.set("authorization", `Bearer ${token}`);
      return next(request);
    },
  ];
}

/** Refuses to send tokens in clear text over a network. */
export function requirePrivateWay({ url }: { url: string }): void {
  const { protocol, hostname } = new URL(url);
  if (protocol === "https:" || isLoopback(hostname)) return;
  throw typedError({
    code: Code.InvalidArgument,
    reason: "HOST_ADDRESS_INVALID",
    message: `A token is not sent to ${url} in clear text.`,
    remedy: "Use https, or a host on the loopback interface.",
  });
}

function readClientFile(file: string): Promise<Buffer> {
  return readFile(file).catch((error: Error) => refuseFile(error, { file }));
}

function refuseFile(error: Error, metadata: Record<string, string> = {}): never {
  throw typedError({
    code: Code.FailedPrecondition,
    reason: "CLIENT_FILE_UNREADABLE",
    message: `A file for the connection to the host cannot be read: ${error.message}.`,
    remedy: "Check SLIPWAY_TOKEN_FILE, SLIPWAY_CERT_PATH, and the variables that name trusted certificates.",
    metadata,
  });
}

/** Assigns reasons to connection errors. Errors of the host already have theirs. */
function typeErrors(address: HostAddress, isClosed: () => boolean): Interceptor {
  return (next) => async (request) => {
    const convert = (error: unknown) => {
      // The caller ended the call and knows why.
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
