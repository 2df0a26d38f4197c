import { InputError } from "../../errors/input-error.js";
import { hashToken, newToken } from "../../host/access/access-file.js";
import { isProjectName, projectNameRule } from "../../host/access/entries-file.js";
import { type Grants, type Role, roles } from "../../host/access/principal.js";
import { print, printError } from "../output/print.js";
import { accessFile } from "./access-file.js";
import { changeAccessFile } from "./change-access-file.js";

/** The flags of `tokens create`. */
export interface CreateTokenFlags {
  role?: string;
  /** Each with "=" and a role, or without for a builder. */
  project?: string[];
  group?: string[];
  untrusted?: boolean;
  /** In milliseconds from now. */
  expires?: number;
  file?: string;
}

/** `slipway tokens create`: prints the token, alone on stdout. */
export async function runCreateToken(name: string, flags: CreateTokenFlags): Promise<void> {
  const file = accessFile(flags.file);
  const grants = grantsOf(flags);
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
    tokens.push({ name, hash: hashToken(token), ...grants, expires });
  });
  print(`${token}\n`);
  printError(`Added to ${file}. The token cannot be shown again.\n`);
}

function grantsOf({ role, project, group = [], untrusted }: CreateTokenFlags): Grants {
  const rest: Grants = { groups: group, trust: untrusted ? "untrusted" : undefined };
  if (untrusted && role === "admin")
    throw invalid("--untrusted", "An admin is trusted: it may change all builders.", "Use another role.");
  if (!project) return { role: roleOf("--role", role ?? "builder"), ...rest };
  if (role !== undefined)
    throw invalid("--role", "--role is for the whole host.", "Use either --role or --project NAME=ROLE.");
  const projects = project.map((text): [string, Role] => {
    const [name = "", roleInProject = "builder"] = text.split("=", 2);
    if (!isProjectName(name))
      throw invalid(
        "--project",
        `${JSON.stringify(name)} is not a name of a project.`,
        `It ${projectNameRule}.`,
      );
    return [name, roleOf("--project", roleInProject)];
  });
  return { projects: new Map(projects), ...rest };
}

function roleOf(flag: string, text: string): Role {
  const role = roles.find((known) => known === text);
  if (role) return role;
  throw invalid(flag, `Unknown role ${text}.`, `Use ${roles.join(", ")}.`);
}

function invalid(field: string, message: string, remedy: string): InputError {
  return new InputError({ reason: "TOKEN_FLAGS_INVALID", field, message, remedy });
}
