import { Code } from "@connectrpc/connect";
import { typedError } from "../errors/typed-error.js";
import { hostAddress } from "../host-address/address.js";
import { requirePrivateWay } from "./connect.js";
import type { TokenSource } from "./token-source.js";
import { answerMs, withAuth } from "./with-auth.js";

/** How long before its end a token is replaced, in milliseconds. */
const aheadMs = 60_000;

/**
 * Tokens of a host for ID tokens of an issuer that it trusts, for the option `tokens` of `connect`. A token is kept
 * until a minute before it expires, or until the host refuses it; `watchBuild` goes on with the next one. Rejects as
 * `ExchangeToken` does, and as `idToken`. The host has 30 s for an exchange.
 * @param idToken returns a current ID token, such as one that the CI system issues for this job
 * @param env variables that select the host; default: `process.env`
 */
export function exchangedTokens(
  idToken: () => string | Promise<string>,
  env: NodeJS.ProcessEnv = process.env,
): TokenSource {
  let current: Promise<Exchanged> | undefined;
  return async (refused) => {
    const known = current;
    const last = await known;
    if (last?.isValid() && last.token !== refused) return last.token;
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

interface Exchanged {
  token: string;
  isValid(): boolean;
}

async function exchange(idToken: () => string | Promise<string>, env: NodeJS.ProcessEnv): Promise<Exchanged> {
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
    const { accessToken, expiresIn } = await auth.exchangeToken({ subjectToken }, { timeoutMs: answerMs });
    return { token: accessToken, isValid: clock(Number(expiresIn?.seconds ?? 0n) * 1000 - aheadMs) };
  });
}

/** Whether a time has not passed yet. One clock stands still while the machine sleeps, and the other one can be set. */
function clock(ms: number): () => boolean {
  const [sinceStart, ofDay] = [performance.now() + ms, Date.now() + ms];
  return () => performance.now() < sinceStart && Date.now() < ofDay;
}
