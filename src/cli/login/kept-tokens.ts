import { Code } from "@connectrpc/connect";
import type { TokenSource } from "../../client/connect.js";
import { typedError } from "../../errors/typed-error.js";
import { hostAddress } from "../../host-address/address.js";
import { hostToken, type TcpAddress } from "./host-auth.js";
import { changeLogins, type Login, loginsFile, readLogins } from "./logins.js";

/** How long before its end a token is replaced, in milliseconds. */
const aheadMs = 60_000;

/**
 * Tokens of the login to the host that the environment selects; undefined without one. A token that expires is renewed.
 * Calls reject with UNAUTHENTICATED, reason LOGIN_EXPIRED, when the issuer renews it no more.
 */
export async function keptTokens(env: NodeJS.ProcessEnv): Promise<TokenSource | undefined> {
  const address = hostAddress(env);
  if (address.kind !== "tcp") return undefined;
  const file = loginsFile(env);
  const kept = (await readLogins(file))[address.url];
  if (!kept) return undefined;
  let login = kept;
  let renewing: Promise<Login> | undefined;
  return async () => {
    if (isFresh(login)) return login.token;
    // Calls that come meanwhile share it.
    renewing ??= renew(file, address).finally(() => {
      renewing = undefined;
    });
    login = await renewing;
    return login.token;
  };
}

function isFresh({ expires }: Login): boolean {
  return Date.parse(expires) - aheadMs > Date.now();
}

/** Under the lock, since issuers take a refresh token only once: of parallel commands one renews the login for all. */
function renew(file: string, address: TcpAddress): Promise<Login> {
  return changeLogins(file, async (logins, save) => {
    const login = logins[address.url];
    if (login && isFresh(login)) return login;
    if (!login?.refreshToken) throw expired(address);
    const { IssuerClient } = await import("./issuer-client.js");
    const tokens = await (await IssuerClient.open(login.issuer, login.clientId)).renew(login.refreshToken);
    login.refreshToken = tokens && (tokens.refreshToken ?? login.refreshToken);
    // Before the host is asked: the former refresh token does not count any more.
    await save();
    if (!tokens) throw expired(address);
    const { token, expires } = await hostToken(address, tokens.idToken);
    Object.assign(login, { token, expires });
    await save();
    return login;
  });
}

function expired({ url }: TcpAddress) {
  return typedError({
    code: Code.Unauthenticated,
    reason: "LOGIN_EXPIRED",
    message: `The login to ${url} has expired.`,
    remedy: `Log in again: slipway login ${url}`,
  });
}
