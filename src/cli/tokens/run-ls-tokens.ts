import { readAccessFile } from "../../host/access/access-file.js";
import type { Role } from "../../host/access/principal.js";
import { jsonLine, parseListFormat } from "../output/format.js";
import { print } from "../output/print.js";
import { table } from "../output/table.js";
import { accessFile } from "./access-file.js";

/** `slipway tokens ls` */
export async function runLsTokens(flags: { format: string; file?: string }): Promise<void> {
  const format = parseListFormat(flags.format);
  const { tokens, certificates } = await readAccessFile(accessFile(flags.file));
  const entries = [
    ...tokens.map(({ name, role, projects, trust, groups, expires }) => ({
      principal: `token:${name}`,
      role,
      projects: projects && Object.fromEntries(projects),
      trust,
      groups,
      expires: expires?.toISOString(),
      expired: expires !== undefined && expires.getTime() <= Date.now(),
    })),
    ...certificates.map(({ subject, role, projects, trust, groups }) => ({
      principal: `certificate:${subject}`,
      role,
      projects: projects && Object.fromEntries(projects),
      trust,
      groups,
      expires: undefined,
      expired: false,
    })),
  ];
  if (format === "json") {
    print(entries.map(jsonLine).join(""));
    return;
  }
  const rows = entries.map(({ principal, role, projects, trust, groups, expires, expired }) => [
    principal,
    `${role ?? rolesIn(projects)}${trust === "untrusted" ? " (untrusted)" : ""}`,
    groups.join(", ") || "-",
    expires ? `${expires}${expired ? " (expired)" : ""}` : "never",
  ]);
  print(table(["PRINCIPAL", "ROLE", "GROUPS", "EXPIRES"], rows));
}

function rolesIn(projects: Record<string, Role> = {}): string {
  return Object.entries(projects)
    .map(([name, role]) => `${name}: ${role}`)
    .join(", ");
}
