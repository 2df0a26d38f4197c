import { createHash, timingSafeEqual } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Http2ServerRequest, Http2ServerResponse } from "node:http2";
import { TLSSocket } from "node:tls";
import { Code, type ConnectError } from "@connectrpc/connect";
import type { Reason } from "../../errors/reasons.js";
import { typedError } from "../../errors/typed-error.js";
import type { Caller } from "../base/caller.js";

/** A request of HTTP/1.1 or HTTP/2. */
export type NodeRequest = IncomingMessage | Http2ServerRequest;

/** A response of HTTP/1.1 or HTTP/2. */
export type NodeResponse = ServerResponse | Http2ServerResponse;

/** Lets requests of one listener in: the caller, or why it is refused. */
export type Access = (request: NodeRequest) => { caller: Caller; refusal?: ConnectError };

/** Everyone who can open the unix socket is its user. */
export const unixAccess: Access = () => ({ caller: { transport: "unix" } });

/** Shortest token, in characters; 16 random bytes in base64 have as many. */
const minTokenLength = 22;

/** Access over TCP: the token if there is one, next to a client certificate if TLS asked for one. */
export function tcpAccess(token: string | undefined): Access {
  const expected = token && digest(token);
  return (request) => {
    const caller: Caller = { transport: "tcp", identity: certificateSubject(request) };
    if (!expected) return { caller };
    const given = /^Bearer +(\S+) *$/i.exec(request.headers.authorization ?? "")?.[1];
    if (given && timingSafeEqual(digest(given), expected)) return { caller };
    return { caller, refusal: unauthenticated(given !== undefined) };
  };
}

/** Digests have one length, so that the comparison tells nothing about the token's. */
const digest = (text: string) => createHash("sha256").update(text).digest();

function certificateSubject({ socket }: NodeRequest): string | undefined {
  // Verified by TLS already: with a client authority, nobody else gets a connection.
  const subject =
    socket instanceof TLSSocket && socket.authorized ? socket.getPeerCertificate().subject : undefined;
  return subject?.CN === undefined ? undefined : String(subject.CN);
}

function unauthenticated(given: boolean): ConnectError {
  return typedError({
    code: Code.Unauthenticated,
    reason: given ? "TOKEN_WRONG" : "TOKEN_MISSING",
    message: given ? "The token is not this host's." : "The host asks for a token.",
    remedy: 'Send the header "Authorization: Bearer <token>"; the slipway command reads SLIPWAY_TOKEN_FILE.',
  });
}

/**
 * Reads a token from a file that only its owner can read (0600; one that belongs to root may be readable by its
 * group). FAILED_PRECONDITION otherwise, reasons TOKEN_FILE_UNREADABLE, TOKEN_FILE_UNSAFE and TOKEN_UNUSABLE.
 */
export async function readToken(file: string): Promise<string> {
  const refuse = (reason: Reason, message: string, remedy: string) =>
    typedError({ code: Code.FailedPrecondition, reason, message, remedy, metadata: { file } });
  const [stats, text] = await Promise.all([stat(file), readFile(file, "utf8")]).catch((error: Error) => {
    throw refuse(
      "TOKEN_FILE_UNREADABLE",
      `The token file cannot be read: ${error.message}.`,
      "Give a file that can.",
    );
  });
  if ((stats.mode & (stats.uid === 0 ? 0o027 : 0o077)) !== 0) {
    const mode = (stats.mode & 0o777).toString(8).padStart(4, "0");
    throw refuse(
      "TOKEN_FILE_UNSAFE",
      `Others can reach the token file ${file}: its mode is ${mode}.`,
      `chmod 600 ${file}`,
    );
  }
  const token = text.trim();
  if (token.length < minTokenLength || /[^\x21-\x7e]/.test(token)) {
    throw refuse(
      "TOKEN_UNUSABLE",
      `The token in ${file} must have at least ${minTokenLength} characters, all printable ASCII without spaces.`,
      `openssl rand -hex 32 > ${file}`,
    );
  }
  return token;
}
