import { InputError } from "../../errors/input-error.js";
import { hashToken, newToken } from "../../host/access/access-file.js";
import { roles } from "../../host/access/principal.js";
import { print, printError } from "../output/print.js";
import { accessFile } from "./access-file.js";
import { changeAccessFile } from "./change-access-file.js";

/** The flags of `tokens create`. */
export interface CreateTokenFlags {
  role: string;
  group?: string[];
  /** In milliseconds from now. */
  expires?: number;
  file?: string;
}

/** `slipway tokens create`: prints the token, alone on stdout. */
export async function runCreateToken(name: string, flags: CreateTokenFlags): Promise<void> {
  const file = accessFile(flags.file);
  const role = roles.find((known) => known === flags.role);
  if (!role) throw invalid("--role", `Unknown role ${flags.role}.`, `Use ${roles.join(", ")}.`);
  if (!/^[\w.-]{1,64}$/.test(name))
    throw invalid(
      "name",
      `${JSON.stringify(name)} is not a valid name.`,
      "Use letters, digits, dots, dashes and underscores.",
    );
  const token = newToken();
  const expires = flags.expires === undefined ? undefined : new Date(Date.now() + flags.expires);
  await changeAccessFile(file, ({ tokens }) => {
    if (tokens.some((known) => known.name === name))
      throw invalid(
        "name",
        `A token with the name ${name} exists.`,
        `Revoke it first: slipway tokens revoke ${name}.`,
      );
    tokens.push({ name, hash: hashToken(token), role, groups: flags.group ?? [], expires });
  });
  print(`${token}\n`);
  printError(`Added to ${file}. The token cannot be shown again.\n`);
}

function invalid(field: string, message: string, remedy: string): InputError {
  return new InputError({ reason: "TOKEN_FLAGS_INVALID", field, message, remedy });
}
