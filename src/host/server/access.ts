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

/** Authenticates the requests of one listener: the caller, and a refusal if it may not call. */
export type Access = (request: NodeRequest) => { caller: Caller; refusal?: ConnectError };

/** Access over the unix socket: its file mode admits only the host's user. */
export const unixAccess: Access = () => ({ caller: { transport: "unix" } });

/** Minimum token length in characters: 16 random bytes in base64. */
const minTokenLength = 22;

/** Access over TCP: the bearer token, if one is configured. TLS has verified client certificates already. */
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

/** Digests have equal lengths, so the comparison does not reveal the token's length. */
const digest = (text: string) => createHash("sha256").update(text).digest();

function certificateSubject({ socket }: NodeRequest): string | undefined {
  // TLS has verified it: with a client CA, connections without a valid certificate are closed.
  const subject =
    socket instanceof TLSSocket && socket.authorized ? socket.getPeerCertificate().subject : undefined;
  return subject?.CN === undefined ? undefined : String(subject.CN);
}

function unauthenticated(given: boolean): ConnectError {
  return typedError({
    code: Code.Unauthenticated,
    reason: given ? "TOKEN_WRONG" : "TOKEN_MISSING",
    message: given ? "The token is wrong." : "The host requires a token.",
    remedy: 'Send the header "Authorization: Bearer <token>"; the slipway command reads SLIPWAY_TOKEN_FILE.',
  });
}

/**
 * Reads a token from a file that only its owner can read (0600; a file of root may be readable by its group).
 * FAILED_PRECONDITION otherwise: TOKEN_FILE_UNREADABLE, TOKEN_FILE_UNSAFE or TOKEN_UNUSABLE.
 */
export async function readToken(file: string): Promise<string> {
  const refuse = (reason: Reason, message: string, remedy: string) =>
    typedError({ code: Code.FailedPrecondition, reason, message, remedy, metadata: { file } });
  const [stats, text] = await Promise.all([stat(file), readFile(file, "utf8")]).catch((error: Error) => {
    throw refuse(
      "TOKEN_FILE_UNREADABLE",
      `The token file cannot be read: ${error.message}.`,
      "Give a file that the host's user can read.",
    );
  });
  if ((stats.mode & (stats.uid === 0 ? 0o027 : 0o077)) !== 0) {
    const mode = (stats.mode & 0o777).toString(8).padStart(4, "0");
    throw refuse(
      "TOKEN_FILE_UNSAFE",
      `Other users can access the token file ${file}: its mode is ${mode}.`,
      `Run: chmod 600 ${file}`,
    );
  }
  const token = text.trim();
  if (token.length < minTokenLength || /[^\x21-\x7e]/.test(token)) {
    throw refuse(
      "TOKEN_UNUSABLE",
      `The token in ${file} must have at least ${minTokenLength} characters, all printable ASCII without spaces.`,
      `Run: openssl rand -hex 32 > ${file}`,
    );
  }
  return token;
}
