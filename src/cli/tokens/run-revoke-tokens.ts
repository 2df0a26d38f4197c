import { InputError } from "../../errors/input-error.js";
import { readAccessFile, writeAccessFile } from "../../host/access/access-file.js";
import { accessFile } from "./access-file.js";

/** `slipway tokens revoke` */
export async function runRevokeTokens(names: string[], flags: { file?: string }): Promise<void> {
  const file = accessFile(flags.file);
  const { tokens, certificates } = await readAccessFile(file);
  const unknown = names.find((name) => !tokens.some((token) => token.name === name));
  if (unknown !== undefined)
    throw new InputError({
      reason: "TOKEN_UNKNOWN",
      field: "name",
      message: `There is no token with the name ${unknown} in ${file}.`,
      remedy: "List them with `slipway tokens ls`.",
    });
  await writeAccessFile(file, { tokens: tokens.filter(({ name }) => !names.includes(name)), certificates });
  for (const name of names) process.stdout.write(`${name}\n`);
}
