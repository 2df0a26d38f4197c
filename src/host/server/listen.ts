import { chmod, lstat, rename, rm } from "node:fs/promises";
import type { AddressInfo, ListenOptions, Server as NetServer } from "node:net";
import { Code } from "@connectrpc/connect";
import { typedError } from "../../errors/typed-error.js";
import { temporaryName } from "../../host-address/host-process-lock.js";
import { isLoopback } from "../../network/is-loopback.js";
import { Credentials } from "../access/credentials.js";
import type { Identities } from "../access/identities.js";
import { FileSettings } from "../base/file-settings.js";
import type { Log } from "../base/log.js";
import { readTlsFiles, type TlsFiles, type TlsMaterial } from "./tls-files.js";

/** Options of the TCP listener. */
export interface TcpListen {
  /** Host name or IP address of the interface. */
  host: string;
  /** 0 selects a free port. */
  port: number;
  /** Access file: the tokens that clients may send, and what certificates may do. */
  tokenFile?: string;
  /** Issuers whose ID tokens clients may exchange, and the rules that bind these to roles. Needs a key of the state. */
  issuersFile?: string;
  /** They are read again when they change. */
  tls?: TlsFiles;
  /** Admins may change builders and plugins over TCP; default false. */
  allowRemoteAdmin?: boolean;
  /** Origins ("https://builds.example") whose scripts may call; none by default. */
  corsOrigins?: readonly string[];
}

/** The checked options of the TCP listener, with the contents of its files. */
export interface TcpMaterial {
  credentials: Credentials;
  tls?: FileSettings<TlsMaterial>;
  corsOrigins: ReadonlySet<string>;
  /** Stops watching the files. */
  close(): void;
}

/** Checks the options of the TCP listener, and reads its files. FAILED_PRECONDITION or INVALID_ARGUMENT if it is unsafe. */
export async function prepareTcp(
  { host, tokenFile, tls, corsOrigins = [] }: TcpListen,
  log: Log,
  identities?: Identities,
): Promise<TcpMaterial> {
  if (!tokenFile && !identities && !tls?.clientCaFile) {
    throw typedError({
      code: Code.FailedPrecondition,
      reason: "TCP_WITHOUT_AUTHENTICATION",
      message:
        "The host listens on TCP only with a token, issuers or client certificates: every caller can build as its user.",
      remedy:
        "Give a token file, an issuers file, or a certificate with its key and the CA of the clients' certificates.",
    });
  }
  if (!tls && !isLoopback(host)) {
    throw typedError({
      code: Code.FailedPrecondition,
      reason: "TCP_WITHOUT_TLS",
      message: `The host does not accept its token in clear text on ${host}.`,
      remedy: "Give a certificate and its key, or listen on 127.0.0.1.",
    });
  }
  for (const origin of corsOrigins) {
    if (URL.canParse(origin) && new URL(origin).origin === origin) continue;
    throw typedError({
      code: Code.InvalidArgument,
      reason: "CORS_ORIGIN_INVALID",
      message: `"${origin}" is not an origin.`,
      remedy: "Give only scheme, host and port, for example https://builds.example.",
    });
  }
  const credentials = await Credentials.open(tokenFile, log, identities);
  const settings = await openTls(tls, log).catch((error) => {
    credentials.close();
    throw error;
  });
  return {
    credentials,
    tls: settings,
    corsOrigins: new Set(corsOrigins),
    close() {
      credentials.close();
      settings?.close();
    },
  };
}

async function openTls(tls: TlsFiles | undefined, log: Log): Promise<FileSettings<TlsMaterial> | undefined> {
  if (!tls) return undefined;
  const { certFile, keyFile, clientCaFile } = tls;
  const files = [certFile, keyFile, ...(clientCaFile === undefined ? [] : [clientCaFile])];
  return FileSettings.open({ title: "TLS files", files, read: () => readTlsFiles(tls), log });
}

/** Listens on TCP. Returns the port. */
export async function listenTcp(server: NetServer, { host, port }: TcpListen): Promise<number> {
  await listen(server, { host, port }, `${host}:${port}`);
  return (server.address() as AddressInfo).port;
}

/**
 * Listens on a unix socket that only its user can open, and replaces a socket that nobody listens on. The socket is
 * renamed to its path after its mode is set. The caller must hold the path's lock.
 */
export async function listenUnix(server: NetServer, path: string): Promise<void> {
  const existing = await lstat(path).catch(() => undefined);
  // A link leads to the socket of a host that has ended.
  if (existing && !existing.isSocket() && !existing.isSymbolicLink())
    throw listenFailed(path, "the path is a file that is not a socket", "Remove the file.");
  const temporary = temporaryName(path);
  await listen(server, { path: temporary }, path);
  try {
    await chmod(temporary, 0o600);
    await rename(temporary, path);
  } catch (error) {
    server.close();
    await rm(temporary, { force: true });
    throw listenFailed(path, (error as Error).message);
  }
}

/** Listens on a unix socket that another process has made, by its descriptor. */
export async function listenInherited(server: NetServer, fd: number, path: string): Promise<void> {
  await listen(server, { fd }, path);
  // Node.js knows the addresses of sockets on the network only. Their callers need a token.
  if (server.address() === null) return;
  server.close();
  throw listenFailed(
    path,
    "the service manager passed a socket on the network",
    "Give its unit a path instead.",
  );
}

function listen(server: NetServer, options: ListenOptions | { fd: number }, name: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const onError = (error: Error) => reject(listenFailed(name, error.message));
    server.once("error", onError);
    try {
      server.listen(options, () => {
        server.off("error", onError);
        resolve();
      });
    } catch (error) {
      // An invalid port number.
      onError(error as Error);
    }
  });
}

function listenFailed(address: string, why: string, remedy = "Give another address.") {
  return typedError({
    code: Code.FailedPrecondition,
    reason: "LISTEN_FAILED",
    message: `The host cannot listen on ${address}: ${why}.`,
    remedy,
    metadata: { address },
  });
}
