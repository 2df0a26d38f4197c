import { Code } from "@connectrpc/connect";
import { typedError } from "../errors/typed-error.js";
import { hostAddress } from "../host-address/address.js";
import { requirePrivateWay, type TokenSource } from "./connect.js";
import { withAuth } from "./with-auth.js";

/** How long before its end a token is replaced, in milliseconds. */
const aheadMs = 60_000;

/**
 * Tokens of a host for ID tokens of an issuer that it trusts, for the option `tokens` of `connect`. A token is kept
 * until a minute before it expires; `watchBuild` goes on with the next one. Rejects as `ExchangeToken` does, and as
 * `idToken`.
 * @param idToken returns a current ID token, such as one that the CI system issues for this job
 * @param env variables that select the host; default: `process.env`
 */
export function exchangedTokens(idToken: TokenSource, env: NodeJS.ProcessEnv = process.env): TokenSource {
  let current: Promise<{ token: string; until: number }> | undefined;
  return async () => {
    const known = current;
    if (known && (await known).until > performance.now()) return (await known).token;
    // Calls that come meanwhile share the exchange of the first one.
    if (current === known) {
      const next = exchange(idToken, env);
      current = next;
      next.catch(() => {
        if (current === next) current = undefined;
      });
    }
    return (await current!).token;
  };
}

async function exchange(idToken: TokenSource, env: NodeJS.ProcessEnv) {
  const address = hostAddress(env);
  if (address.kind !== "tcp")
    throw typedError({
      code: Code.InvalidArgument,
      reason: "HOST_ADDRESS_INVALID",
      message: "A host on a unix socket needs no tokens.",
      remedy: "Leave the tokens out, or name a host on TCP in SLIPWAY_HOST.",
    });
  requirePrivateWay(address);
  return withAuth(address, async (auth) => {
    const subjectToken = await idToken();
    const { accessToken, expiresIn } = await auth.exchangeToken({ subjectToken });
    return {
      token: accessToken,
      until: performance.now() + Number(expiresIn?.seconds ?? 0n) * 1000 - aheadMs,
    };
  });
}
