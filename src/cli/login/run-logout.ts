import { readTypedError } from "../../errors/typed-error.js";
import { print, printError } from "../output/print.js";
import { loginAddress } from "./host-auth.js";
import { IssuerClient } from "./issuer-client.js";
import { changeLogins, loginsFile } from "./logins.js";

/** `slipway logout` */
export async function runLogout(given: string | undefined, env = process.env): Promise<void> {
  const address = loginAddress(given, env);
  const { url } = address;
  const login = await changeLogins(loginsFile(env), async (logins, save) => {
    const { [url]: known } = logins;
    delete logins[url];
    if (known) await save();
    return known;
  });
  if (!login) return print(`There is no login to ${url}.\n`);
  const { issuer, clientId, refreshToken } = login;
  if (refreshToken !== undefined)
    try {
      await (await IssuerClient.open(issuer, clientId, address)).revoke(refreshToken);
    } catch (cause) {
      printError(`The login was deleted, but not revoked: ${readTypedError(cause).message}\n`);
    }
  print(`Logged out of ${url}.\n`);
}
