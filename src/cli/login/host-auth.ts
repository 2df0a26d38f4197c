import { requirePrivateWay } from "../../client/connect.js";
import { answerMs, withAuth } from "../../client/with-auth.js";
import { invalidField } from "../../errors/typed-error.js";
import { parseHostAddress, type TcpAddress } from "../../host-address/address.js";

/**
 * The host to log in to: the one that is given, else that of the environment. INVALID_ARGUMENT, reason
 * HOST_ADDRESS_INVALID, when it is not on TCP, or when its tokens would be sent in clear text over a network.
 */
export function loginAddress(given: string | undefined, env: NodeJS.ProcessEnv): TcpAddress {
  const text = given ?? env.SLIPWAY_HOST;
  const field = given === undefined ? "SLIPWAY_HOST" : "address";
  const refuse = (message: string) =>
    invalidField(field, "HOST_ADDRESS_INVALID", message, "Name a host as https://host:port.");
  if (!text) throw refuse("No host is named.");
  const address = parseHostAddress(text, { certPath: env.SLIPWAY_CERT_PATH || undefined, field });
  if (address.kind !== "tcp") throw refuse("A host on a unix socket needs no login.");
  requirePrivateWay(address);
  return address;
}

/** Longest lifetime of a token that is believed, in seconds. */
const maxLifetimeS = 365 * 24 * 60 * 60;

/** A token of the host for an ID token. */
export async function hostToken(address: TcpAddress, idToken: string) {
  const { accessToken, expiresIn, principal } = await withAuth(address, (auth) =>
    auth.exchangeToken({ subjectToken: idToken }, { timeoutMs: answerMs }),
  );
  const lifetimeS = Math.min(Number(expiresIn?.seconds ?? 0n), maxLifetimeS);
  const expires = new Date(Date.now() + lifetimeS * 1000).toISOString();
  return { token: accessToken, expires, principal };
}
