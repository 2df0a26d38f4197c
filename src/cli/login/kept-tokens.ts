import { Code } from "@connectrpc/connect";
import type { TokenSource } from "../../client/token-source.js";
import { typedError } from "../../errors/typed-error.js";
import { hostAddress, type TcpAddress } from "../../host-address/address.js";
import { hostToken } from "./host-auth.js";
import { changeLogins, type Login, loginsFile, readLogins } from "./logins.js";

/** How long before its end a token is replaced, in milliseconds. */
const aheadMs = 60_000;

/**
 * Tokens of the login to the host that the environment selects; undefined without one. A token is renewed a minute before
 * it expires, or when the host has refused it. Calls reject with UNAUTHENTICATED, reason LOGIN_EXPIRED, when the token has expired and the issuer does not
 * renew the login.
 */
export async function keptTokens(env: NodeJS.ProcessEnv): Promise<TokenSource | undefined> {
  const address = hostAddress(env);
  if (address.kind !== "tcp") return undefined;
  const file = loginsFile(env);
  const kept = (await readLogins(file))[address.url];
  if (!kept) return undefined;
  let login = kept;
  let renewing: Promise<Login> | undefined;
  return async (refused) => {
    if (isValid(login, aheadMs) && login.token !== refused) return login.token;
    // Calls that come meanwhile share it.
    renewing ??= renew(file, address, refused).finally(() => {
      renewing = undefined;
    });
    try {
      login = await renewing;
    } catch (cause) {
      // The issuer may be available again before the token expires.
      if (!isValid(login) || login.token === refused) throw cause;
    }
    return login.token;
  };
}

/** Whether a token is valid now, and for a time after it. */
function isValid({ expires }: Login, forMs = 0): boolean {
  return Date.parse(expires) - forMs > Date.now();
}

/** Under the lock, since issuers take a refresh token only once: of parallel commands one renews the login for all. */
function renew(file: string, address: TcpAddress, refused?: string): Promise<Login> {
  return changeLogins(file, async (logins, save) => {
    const login = logins[address.url];
    if (login && isValid(login, aheadMs) && login.token !== refused) return login;
    if (!login?.refreshToken) throw expired(address);
    const { IssuerClient } = await import("./issuer-client.js");
    const issuer = await IssuerClient.open(login.issuer, login.clientId, address);
    const tokens = await issuer.renew(login.refreshToken);
    login.refreshToken = tokens && (tokens.refreshToken ?? login.refreshToken);
    // Saved before the call to the host, which may fail: the issuer accepts the former refresh token only once.
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
