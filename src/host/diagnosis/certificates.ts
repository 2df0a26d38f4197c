import { createPrivateKey, X509Certificate } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import { pemCertificates } from "../../tls/pem-certificates.js";
import { unsafeMode } from "../../util/private-mode.js";
import { type Finding, ok, problem, warning } from "./finding.js";

/** How long before a certificate expires a warning is given, in milliseconds. */
const soonMs = 30 * 86_400_000;

/**
 * Checks the certificates of a PEM file: whether they can be parsed, and whether one is not valid yet, has expired or
 * expires within 30 days.
 * @param what the file in a sentence: "the host's certificate"
 */
export async function checkCertificateFile(file: string, what: string, now = new Date()): Promise<Finding[]> {
  const text = await readFile(file, "utf8").catch((error: Error) => error);
  if (text instanceof Error)
    return [
      problem(`The file of ${what} cannot be read: ${text.message}.`, "Name a PEM file that can be read."),
    ];
  const certificates = pemCertificates(text);
  if (certificates.length === 0)
    return [
      problem(
        `The file of ${what} ${file} has no certificate in PEM.`,
        "Name a file with a certificate in PEM.",
      ),
    ];
  return certificates.map((pem) => {
    let certificate: X509Certificate;
    try {
      certificate = new X509Certificate(pem);
    } catch {
      return problem(`A certificate in ${file} (${what}) cannot be parsed.`, "Create it again.");
    }
    return checkValidity(certificate, `${what} in ${file}`, now);
  });
}

/** Checks when a certificate is valid. */
export function checkValidity(
  certificate: Pick<X509Certificate, "validFrom" | "validTo" | "subject">,
  what: string,
  now = new Date(),
): Finding {
  const [from, to] = [new Date(certificate.validFrom), new Date(certificate.validTo)];
  const named = `${what} (${(certificate.subject || "without a subject").replaceAll("\n", ", ")})`;
  const name = capitalize(named);
  if (from > now)
    return problem(
      `${name} is not valid before ${from.toISOString()}.`,
      "Correct the clock, or create it again.",
    );
  if (to <= now) return problem(`${name} expired at ${to.toISOString()}.`, "Renew it.");
  if (to.getTime() - now.getTime() < soonMs)
    return warning(`${name} expires at ${to.toISOString()}.`, "Renew it.");
  return ok(`${name} is valid until ${to.toISOString()}.`);
}

/** Checks a private key in PEM: its mode, and whether it belongs to a certificate. */
export async function checkPrivateKey(file: string, certificateFile: string, what: string): Promise<Finding> {
  const name = capitalize(what);
  const [stats, key, certificate] = await Promise.all([
    stat(file),
    readFile(file),
    readFile(certificateFile),
  ]).catch((error: Error) => [error] as const);
  if (stats instanceof Error) return problem(`${name} cannot be read: ${stats.message}.`, "Name a PEM file.");
  const mode = unsafeMode(stats);
  if (mode) return warning(`Others can read ${what} ${file}: its mode is ${mode}.`, `Run: chmod 600 ${file}`);
  try {
    if (new X509Certificate(certificate!).checkPrivateKey(createPrivateKey(key!)))
      return ok(`The key ${file} belongs to the certificate ${certificateFile}.`);
  } catch {
    return problem(`${name} ${file} or its certificate cannot be parsed.`, "Create both again.");
  }
  return problem(
    `${name} ${file} does not belong to the certificate ${certificateFile}.`,
    "Name the right file.",
  );
}

function capitalize(text: string): string {
  return text[0]!.toUpperCase() + text.slice(1);
}
