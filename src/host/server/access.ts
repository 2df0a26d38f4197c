import type { IncomingMessage, ServerResponse } from "node:http";
import type { Http2ServerRequest, Http2ServerResponse } from "node:http2";
import { TLSSocket } from "node:tls";
import { ConnectError } from "@connectrpc/connect";
import type { Policy } from "../access/authorize.js";
import type { Caller } from "../access/caller.js";
import type { Credentials } from "../access/credentials.js";
import { localPrincipal } from "../access/principal.js";

/** A request of HTTP/1.1 or HTTP/2. */
export type NodeRequest = IncomingMessage | Http2ServerRequest;

/** A response of HTTP/1.1 or HTTP/2. */
export type NodeResponse = ServerResponse | Http2ServerResponse;

/** Authenticates the requests of one listener: the caller, and a refusal if it may not call. */
export type Access = (request: NodeRequest) => { caller: Caller; refusal?: ConnectError };

/** Everyone who can open the unix socket is its user. */
export const unixAccess: Access = () => ({
  caller: { transport: "unix", principal: localPrincipal, policy: { allowRemoteAdmin: false } },
});

/** Access over TCP: by the token in the request, or by the client certificate if TLS asked for one. */
export function tcpAccess(credentials: Credentials, policy: Policy): Access {
  return (request) => {
    const token = /^Bearer +(\S+) *$/i.exec(request.headers.authorization ?? "")?.[1];
    try {
      const principal = credentials.authenticate({ token, certificate: certificateSubject(request) });
      return { caller: { transport: "tcp", principal, policy } };
    } catch (error) {
      return { caller: { transport: "tcp", policy }, refusal: ConnectError.from(error) };
    }
  };
}

function certificateSubject({ socket }: NodeRequest): string | undefined {
  // TLS has verified it: with a client CA, connections without a valid certificate are closed.
  const subject =
    socket instanceof TLSSocket && socket.authorized ? socket.getPeerCertificate().subject : undefined;
  return subject?.CN === undefined ? undefined : String(subject.CN);
}
