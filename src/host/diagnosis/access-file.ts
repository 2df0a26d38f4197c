import { readAccessFile } from "../access/access-file.js";
import { type Finding, ok, problem, warning } from "./finding.js";

/** How long before a token expires a warning is given, in milliseconds. */
const soonMs = 7 * 86_400_000;

/** Checks the access file: its mode, its entries, and tokens that have expired or expire within a week. */
export async function checkAccessFile(file: string, now = new Date()): Promise<Finding[]> {
  const { tokens, certificates } = await readAccessFile(file);
  const findings = tokens.flatMap(({ name, expires }) => {
    const left = expires ? expires.getTime() - now.getTime() : Number.POSITIVE_INFINITY;
    if (left > soonMs) return [];
    const verb = left <= 0 ? "expired" : "expires";
    return [
      warning(
        `The token ${name} in ${file} ${verb} at ${expires!.toISOString()}.`,
        `Run: slipway tokens revoke ${name} --file ${file}, then create a new one if it is still needed.`,
      ),
    ];
  });
  if (tokens.length + certificates.length === 0)
    return [
      problem(`The access file ${file} has no token and no certificate.`, "Run: slipway tokens create NAME"),
    ];
  if (findings.length > 0) return findings;
  return [ok(`The access file ${file} has ${tokens.length} tokens and ${certificates.length} certificates.`)];
}
