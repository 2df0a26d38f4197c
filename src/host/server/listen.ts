import { chmod, lstat, readFile, rename, rm } from "node:fs/promises";
import type { AddressInfo, ListenOptions, Server as NetServer } from "node:net";
import { createSecureContext } from "node:tls";
import { Code } from "@connectrpc/connect";
import { typedError } from "../../errors/typed-error.js";
import { isLoopback } from "../../host-address/address.js";
import { temporaryName } from "../../host-address/host-process-lock.js";
import { readToken } from "./access.js";
import type { TlsMaterial } from "./connections.js";

/** How to listen on TCP. */
export interface TcpListen {
  /** Name or number of the interface. */
  host: string;
  /** 0 means a free one. */
  port: number;
  /** File with the token that clients must send. */
  tokenFile?: string;
  /** Files in PEM. With `clientCaFile` clients must show a certificate of that authority. */
  tls?: { certFile: string; keyFile: string; clientCaFile?: string };
  /** Origins ("https://builds.example") whose scripts may call; none by default. */
  corsOrigins?: readonly string[];
}

/** What listening on TCP takes, checked and read. */
export interface TcpMaterial {
  token?: string;
  tls?: TlsMaterial;
  corsOrigins: ReadonlySet<string>;
}

/** Checks how TCP is to be listened on, and reads its files. FAILED_PRECONDITION or INVALID_ARGUMENT if it is unsafe. */
export async function prepareTcp({
  host,
  tokenFile,
  tls,
  corsOrigins = [],
}: TcpListen): Promise<TcpMaterial> {
  if (!tokenFile && !tls?.clientCaFile) {
    throw typedError({
      code: Code.FailedPrecondition,
      reason: "TCP_WITHOUT_AUTHENTICATION",
      message:
        "The host does not listen on TCP without a token or client certificates: whoever calls it can build as its user.",
      remedy:
        "Give a token file, or a certificate with its key and the authority of the clients' certificates.",
    });
  }
  if (!tls && !isLoopback(host)) {
    throw typedError({
      code: Code.FailedPrecondition,
      reason: "TCP_WITHOUT_TLS",
      message: `The host does not take its token in clear text on ${host}.`,
      remedy: "Give a certificate and its key, or listen on 127.0.0.1.",
    });
  }
  for (const origin of corsOrigins) {
    if (URL.canParse(origin) && new URL(origin).origin === origin) continue;
    throw typedError({
      code: Code.InvalidArgument,
      reason: "CORS_ORIGIN_INVALID",
      message: `"${origin}" is no origin.`,
      remedy: "Give scheme, host and port alone, as https://builds.example.",
    });
  }
  const token = tokenFile ? await readToken(tokenFile) : undefined;
  return { token, tls: tls && (await readTls(tls)), corsOrigins: new Set(corsOrigins) };
}

async function readTls({
  certFile,
  keyFile,
  clientCaFile,
}: NonNullable<TcpListen["tls"]>): Promise<TlsMaterial> {
  const read = (file: string) =>
    readFile(file, "utf8").catch((error: Error) => {
      throw typedError({
        code: Code.FailedPrecondition,
        reason: "TLS_FILE_UNREADABLE",
        message: `A file for TLS cannot be read: ${error.message}.`,
        remedy: "Give files in PEM that the host's user can read.",
        metadata: { file },
      });
    });
  const [cert, key, clientCa] = await Promise.all([
    read(certFile),
    read(keyFile),
    clientCaFile && read(clientCaFile),
  ]);
  try {
    createSecureContext({ cert, key, ca: clientCa });
  } catch (error) {
    throw typedError({
      code: Code.FailedPrecondition,
      reason: "TLS_FILE_UNUSABLE",
      message: `The files for TLS are of no use: ${(error as Error).message}.`,
      remedy: "Give a certificate in PEM, and the key that belongs to it.",
      metadata: { certFile, keyFile },
    });
  }
  return { cert, key, clientCa: clientCa || undefined };
}

/** Listens on TCP. Returns the port. */
export async function listenTcp(server: NetServer, { host, port }: TcpListen): Promise<number> {
  await listen(server, { host, port }, `${host}:${port}`);
  return (server.address() as AddressInfo).port;
}

/**
 * Listens on a unix socket that only its user can open, replacing one that nobody listens on. It gets its name only
 * once it has its mode. The caller must hold the path's lock.
 */
export async function listenUnix(server: NetServer, path: string): Promise<void> {
  const existing = await lstat(path).catch(() => undefined);
  if (existing && !existing.isSocket())
    throw listenFailed(path, "a file that is no socket is in its place", "Remove it.");
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

function listen(server: NetServer, options: ListenOptions, name: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const onError = (error: Error) => reject(listenFailed(name, error.message));
    server.once("error", onError);
    try {
      server.listen(options, () => {
        server.off("error", onError);
        resolve();
      });
    } catch (error) {
      // A port that is none.
      onError(error as Error);
    }
  });
}

function listenFailed(address: string, why: string, remedy = "Give another address to listen on.") {
  return typedError({
    code: Code.FailedPrecondition,
    reason: "LISTEN_FAILED",
    message: `The host cannot listen on ${address}: ${why}.`,
    remedy,
    metadata: { address },
  });
}
