import { answerMs, withAuth } from "../../client/with-auth.js";
import { print, printError } from "../output/print.js";
import { visibleLine } from "../output/visible.js";
import { hostToken, loginAddress } from "./host-auth.js";
import { type DeviceCode, IssuerClient, shownUrl } from "./issuer-client.js";
import { changeLogins, loginsFile } from "./logins.js";

/** `slipway login` */
export async function runLogin(given: string | undefined, env = process.env): Promise<void> {
  const address = loginAddress(given, env);
  const file = loginsFile(env);
  // Fails before somebody logs in if the login could not be kept.
  await changeLogins(file, async () => {});
  const { issuer, clientId, scopes } = await withAuth(address, (auth) =>
    auth.getLogin({}, { timeoutMs: answerMs }),
  );
  const client = await IssuerClient.open(issuer, clientId, address);
  const device = await client.deviceCode(scopes);
  printError(`Logging in to ${address.url} with ${shownUrl(issuer)}.\n${steps(device)}`);
  const { idToken, refreshToken } = await device.tokens();
  let principal: string;
  try {
    const issued = await hostToken(address, idToken);
    const { token, expires } = issued;
    await changeLogins(file, async (logins, save) => {
      logins[address.url] = { token, expires, issuer, clientId, refreshToken };
      await save();
    });
    principal = issued.principal;
  } catch (cause) {
    // A refresh token that is not kept must not stay valid. If revoking it fails too, the first error is reported.
    if (refreshToken !== undefined) await client.revoke(refreshToken).catch(() => {});
    throw cause;
  }
  print(`Logged in to ${address.url} as ${visibleLine(principal)}.\n`);
  if (env.SLIPWAY_TOKEN_FILE)
    printError("Commands use the token of SLIPWAY_TOKEN_FILE while that variable is set.\n");
}

function steps({ url, completeUrl, code }: DeviceCode): string {
  const enter = `  Open ${url} and enter the code ${visibleLine(code)}\n`;
  return completeUrl ? `${enter}  or open ${completeUrl}\n` : enter;
}
