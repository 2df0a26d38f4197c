import { readFile } from "node:fs/promises";
import { isLoopback } from "../../network/is-loopback.js";
import { fingerprintOf } from "../peers/advertisement.js";
import { dialPinned } from "../peers/dial-pinned.js";
import { type Finding, ok, problem, warning } from "./finding.js";

/**
 * Checks the address at which other hosts reach this one: that this host reaches itself there, and that what answers shows
 * its certificate.
 * @param certFile certificate of the TCP listener; undefined for one without TLS
 */
export async function checkAdvertisedAddress(
  { host, port }: { host: string; port: number },
  certFile?: string,
): Promise<Finding> {
  const name = `The advertised address ${host}:${port}`;
  const pem = certFile ? await readFile(certFile) : undefined;
  const fingerprint = pem && fingerprintOf(pem);
  // The check of the certificate says what is wrong with it.
  if (pem && !fingerprint) return problem(`${name} cannot be checked without a certificate.`);
  try {
    const socket = await dialPinned({
      host,
      port,
      process: "",
      fingerprints: fingerprint ? [fingerprint] : [],
    });
    socket.destroy();
  } catch (cause) {
    return problem(
      `${name} does not lead to this host: ${(cause as Error).message}.`,
      "Advertise an address that leads to the host's TCP listener, and let connections to it through.",
    );
  }
  if (isLoopback(host))
    return warning(
      `${name} is a loopback address. Hosts on other machines cannot reach this host there.`,
      "Advertise a name or an address of this machine in the network, unless all hosts are on it.",
    );
  return ok(certFile ? `${name} leads to this host.` : `${name} accepts connections.`);
}
