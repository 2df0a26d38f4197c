import { InputError } from "../../errors/input-error.js";
import { readAccessFile } from "../../host/access/access-file.js";
import { print } from "../output/print.js";
import { accessFile } from "./access-file.js";
import { changeAccessFile } from "./change-access-file.js";

/** `slipway tokens revoke` */
export async function runRevokeTokens(names: string[], flags: { file?: string }): Promise<void> {
  const file = accessFile(flags.file);
  await readAccessFile(file);
  await changeAccessFile(file, (access) => {
    const { tokens } = access;
    const unknown = names.find((name) => !tokens.some((token) => token.name === name));
    if (unknown !== undefined)
      throw new InputError({
        reason: "TOKEN_UNKNOWN",
        field: "name",
        message: `There is no token with the name ${unknown} in ${file}.`,
        remedy: "List them with `slipway tokens ls`.",
      });
    access.tokens = tokens.filter(({ name }) => !names.includes(name));
  });
  for (const name of names) print(`${name}\n`);
}
