import { readFile } from "node:fs/promises";
import { type Issuer, readIssuersFile } from "../access/issuers-file.js";
import { checkCertificateFile } from "./certificates.js";
import { type Finding, ok, problem, warning } from "./finding.js";

/** Checks the issuers file: its mode, its entries, and the files that it names. Fetches nothing from the issuers. */
export async function checkIssuersFile(file: string): Promise<Finding[]> {
  const { issuers, rules } = await readIssuersFile(file);
  if (issuers.length === 0)
    return [
      problem(`The issuers file ${file} has no issuer.`, "Add an [[issuer]], or start without the file."),
    ];
  const unbound = issuers
    .filter(({ name }) => !rules.some(({ issuer }) => issuer === name))
    .map(({ name }) =>
      warning(
        `No rule in ${file} binds tokens of the issuer ${name}: the host refuses all of them.`,
        `Add a [[bind]] with issuer = "${name}", or remove the issuer.`,
      ),
    );
  const files = await Promise.all(issuers.map(checkFiles));
  const found = [...unbound, ...files.flat().filter(({ outcome }) => outcome !== "ok")];
  if (found.length > 0) return found;
  return [ok(`The issuers file ${file} has ${issuers.length} issuers and ${rules.length} rules.`)];
}

async function checkFiles({ name, caFile, tokenFile }: Issuer): Promise<Finding[]> {
  const findings = caFile ? await checkCertificateFile(caFile, `the authority of the issuer ${name}`) : [];
  const token = tokenFile && (await readFile(tokenFile, "utf8").catch((error: Error) => error));
  if (token instanceof Error)
    findings.push(
      problem(
        `The token for the issuer ${name} cannot be read: ${token.message}.`,
        "Name a file that the host's user can read.",
      ),
    );
  return findings;
}
