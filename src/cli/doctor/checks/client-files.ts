import { readFile, stat } from "node:fs/promises";
import { checkCertificateFile, checkPrivateKey } from "../../../host/diagnosis/certificates.js";
import { type Finding, ok, problem, warning } from "../../../host/diagnosis/finding.js";
import type { TcpAddress } from "../../../host-address/address.js";
import { unsafeMode } from "../../../util/private-mode.js";
import type { DoctorCheck } from "../doctor-check.js";

/** The token and the certificates for a host on TCP can be used. */
export const clientFiles: DoctorCheck = {
  id: "client-files",
  group: "Connection",
  run: async ({ env, address }) => {
    const names = ["SLIPWAY_TOKEN_FILE", "SLIPWAY_CERT_PATH"].filter((name) => env[name]);
    if (address?.kind === "tcp") return checkClientFiles(address);
    if (!address || names.length === 0) return [];
    const message = `${names.join(" and ")} have no effect: the host is on a unix socket.`;
    return [warning(message, "Set SLIPWAY_HOST to the address of the host on TCP, or unset the variables.")];
  },
};

async function checkClientFiles({ tokenFile, tls = {} }: TcpAddress): Promise<Finding[]> {
  const { caFile, certFile, keyFile } = tls;
  const checks = [
    ...(tokenFile ? [checkTokenFile(tokenFile)] : []),
    ...(caFile ? [checkCertificateFile(caFile, "the host's authority")] : []),
    ...(certFile ? [checkCertificateFile(certFile, "the client's certificate")] : []),
    ...(certFile && keyFile ? [checkPrivateKey(keyFile, certFile, "the client's key")] : []),
  ];
  const findings = (await Promise.all(checks)).flat();
  if (Boolean(certFile) !== Boolean(keyFile)) {
    const message = `SLIPWAY_CERT_PATH has ${certFile ? "cert.pem" : "key.pem"}, but not the other of the two.`;
    findings.push(problem(message, "Add the missing file."));
  }
  return findings;
}

/** Checks the file with a client's token. */
export async function checkTokenFile(file: string): Promise<Finding> {
  const [stats, text] = await Promise.all([stat(file), readFile(file, "utf8")]).catch(
    (error: Error) => [error] as const,
  );
  if (stats instanceof Error)
    return problem(`The token file cannot be read: ${stats.message}.`, "Correct SLIPWAY_TOKEN_FILE.");
  if (!/^\S+$/.test(text!.trim()))
    return problem(`The token file ${file} does not have one token.`, "Write the token alone into the file.");
  const mode = unsafeMode(stats);
  if (mode)
    return warning(`Others can read the token file ${file}: its mode is ${mode}.`, `Run: chmod 600 ${file}`);
  return ok(`The token file ${file} can be read by its owner alone.`);
}
