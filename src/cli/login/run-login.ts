import { print, printError } from "../output/print.js";
import { visibleLine } from "../output/visible.js";
import { hostToken, loginAddress, withAuth } from "./host-auth.js";
import { type DeviceCode, IssuerClient } from "./issuer-client.js";
import { changeLogins, loginsFile } from "./logins.js";

/** `slipway login` */
export async function runLogin(given: string | undefined, env = process.env): Promise<void> {
  const address = loginAddress(given, env);
  const { issuer, clientId, scopes } = await withAuth(address, (auth) => auth.getLogin({}));
  const client = await IssuerClient.open(issuer, clientId);
  const device = await client.deviceCode(scopes);
  printError(`Logging in to ${address.url} with ${visibleLine(issuer)}.\n${steps(device)}`);
  const { idToken, refreshToken } = await device.tokens();
  const { token, expires, principal } = await hostToken(address, idToken).catch(async (cause) => {
    // Nobody would use it. The error of the host says more than one of this.
    if (refreshToken !== undefined) await client.revoke(refreshToken).catch(() => {});
    throw cause;
  });
  await changeLogins(loginsFile(env), async (logins, save) => {
    logins[address.url] = { token, expires, issuer, clientId, refreshToken };
    await save();
  });
  print(`Logged in to ${address.url} as ${visibleLine(principal)}.\n`);
  if (env.SLIPWAY_TOKEN_FILE)
    printError("Commands use the token of SLIPWAY_TOKEN_FILE while that variable is set.\n");
}

function steps({ url, completeUrl, code }: DeviceCode): string {
  const enter = `  Open ${visibleLine(url)} and enter the code ${visibleLine(code)}\n`;
  return completeUrl ? `${enter}  or open ${visibleLine(completeUrl)}\n` : enter;
}
