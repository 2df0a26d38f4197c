import { once } from "node:events";
import { type ConnectionOptions, connect } from "node:tls";
import { checkValidity } from "../../../host/diagnosis/certificates.js";
import { type Finding, skipped } from "../../../host/diagnosis/finding.js";
import { withoutBrackets } from "../../../network/without-brackets.js";
import type { DoctorCheck } from "../doctor-check.js";

/** The certificate that a host on TCP shows is valid, and not only for a few more days. */
export const hostCertificate: DoctorCheck = {
  id: "host-certificate",
  group: "Connection",
  run: async ({ address }, signal) => {
    if (address?.kind !== "tcp" || !address.url.startsWith("https:")) return [];
    const { hostname, port } = new URL(address.url);
    return [
      await checkShownCertificate({ host: withoutBrackets(hostname), port: Number(port || 443) }, signal),
    ];
  },
};

/** Checks the certificate of a TLS server. Whether it is trusted shows in the connection of the client. */
async function checkShownCertificate(
  where: Pick<ConnectionOptions, "host" | "port">,
  signal: AbortSignal,
): Promise<Finding> {
  const socket = connect({ ...where, rejectUnauthorized: false, ALPNProtocols: ["h2"] });
  const close = () => void socket.destroy();
  signal.addEventListener("abort", close);
  // A server that requires a client certificate ends the connection after it has shown its own.
  socket.on("error", close);
  try {
    await once(socket, "secureConnect");
    const certificate = socket.getPeerX509Certificate();
    return certificate
      ? checkValidity(certificate, "the host's certificate")
      : skipped("The host shows no certificate.");
  } catch {
    return skipped("Not checked, since no TLS server answers.");
  } finally {
    signal.removeEventListener("abort", close);
    close();
  }
}
