import type { IncomingMessage, ServerResponse } from "node:http";
import type { Http2ServerRequest, Http2ServerResponse } from "node:http2";
import { ConnectError } from "@connectrpc/connect";
import type { Policy } from "../access/authorize.js";
import type { Caller } from "../access/caller.js";
import type { Credentials } from "../access/credentials.js";
import { type ForwardedCalls, forwardedHeader } from "../access/forwarded-calls.js";
import { localPrincipal } from "../access/principal.js";
import { clientCertificate } from "./client-certificate.js";
import type { TlsMaterial } from "./tls-files.js";

/** A request of HTTP/1.1 or HTTP/2. */
export type NodeRequest = IncomingMessage | Http2ServerRequest;

/** A response of HTTP/1.1 or HTTP/2. */
export type NodeResponse = ServerResponse | Http2ServerResponse;

/**
 * Authenticates the requests of one listener: the caller, and a refusal if it may not call. It is asked again while a call
 * is open.
 */
export type Access = (request: NodeRequest) => {
  caller: Caller;
  refusal?: ConnectError;
  /** The connection's certificate is no longer valid: the connection must be closed. */
  isOutdated?: boolean;
};

/** Everyone who can open the unix socket is its user. */
export const unixAccess: Access = () => ({
  caller: { transport: "unix", principal: localPrincipal, policy: { allowRemoteAdmin: false } },
});

/**
 * Access over TCP: by the token in the request, or by the client certificate if TLS asked for one.
 * @param forwarded reads who makes the calls that other hosts forward; without it there are none
 */
export function tcpAccess(
  credentials: Credentials,
  policy: Policy,
  tls: { readonly value: TlsMaterial } | undefined,
  forwarded?: ForwardedCalls,
): Access {
  return (request) => {
    const header = forwarded && request.headers[forwardedHeader];
    if (typeof header === "string") return forwardedAccess(header, request, forwarded!, policy);
    const token = /^Bearer +(\S+) *$/i.exec(request.headers.authorization ?? "")?.[1];
    let certificate: string | undefined;
    try {
      if (tls?.value.clientCa)
        certificate = clientCertificate(request.socket, tls.value.clientCaFingerprints);
    } catch (error) {
      return { caller: { transport: "tcp", policy }, refusal: ConnectError.from(error), isOutdated: true };
    }
    try {
      const principal = credentials.authenticate({ token, certificate });
      return { caller: { transport: "tcp", principal, policy } };
    } catch (error) {
      return { caller: { transport: "tcp", policy }, refusal: ConnectError.from(error) };
    }
  };
}

/** Access of another host, which has authenticated the caller. */
function forwardedAccess(
  header: string,
  { url = "" }: NodeRequest,
  forwarded: ForwardedCalls,
  policy: Policy,
): ReturnType<Access> {
  try {
    const principal = forwarded.read(header, url.split("?", 1)[0]!);
    return { caller: { transport: "tcp", principal, policy, isForwarded: true } };
  } catch (error) {
    return { caller: { transport: "tcp", policy }, refusal: ConnectError.from(error) };
  }
}
