import { X509Certificate } from "node:crypto";
import { connect, type TLSSocket } from "node:tls";
import { clientPreface } from "../../network/http2-preface.js";
import { createCertificate } from "../../plugin-protocol/certificate.js";
import type { HandshakeLine } from "../../plugin-protocol/handshake-line.js";
import type { Check } from "../check.js";
import { must } from "../report/violation.js";

/** How long the plugin may take to refuse a client, in milliseconds. */
const refusalMs = 15_000;

interface Credentials {
  pem: string;
  key: string;
}

function open({ address }: HandshakeLine, credentials?: Credentials): TLSSocket {
  const where =
    address.network === "unix" ? { path: address.path } : { host: address.host, port: address.port };
  return connect({
    ...where,
    servername: "localhost",
    ALPNProtocols: ["h2"],
    minVersion: "TLSv1.2",
    rejectUnauthorized: false,
    ...(credentials && { cert: credentials.pem, key: credentials.key }),
  });
}

/** The plugin's reaction to a client: it closes the connection, or sends bytes. */
function answer(socket: TLSSocket): Promise<"refused" | "answered" | "silent"> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve("silent"), refusalMs);
    const settle = (what: "refused" | "answered") => () => {
      clearTimeout(timer);
      resolve(what);
    };
    socket.on("error", settle("refused")).on("close", settle("refused")).on("data", settle("answered"));
    socket.once("secureConnect", () => socket.write(clientPreface));
  });
}

/** Checks of AutoMTLS. */
export const tlsChecks: Check[] = [
  {
    id: "DRV-TLS-CERTIFICATE",
    title: "The plugin speaks HTTP/2 over TLS 1.2 or newer, with the announced certificate",
    rule: "3-the-connection",
    process: true,
    async run(subject) {
      const plugin = await subject.processes.fresh();
      const line = await plugin.handshakeLine();
      must(line.certificate, "The handshake line has no certificate, although the host requires AutoMTLS.");
      const socket = open(line, plugin.certificate);
      try {
        const what = await answer(socket);
        must(what === "answered", `The host's connection was ${what}.`);
        const shown = socket.getPeerCertificate(true).raw;
        must(
          shown?.equals(line.certificate),
          "The plugin presents another certificate than the announced one.",
        );
        must(
          socket.alpnProtocol === "h2",
          `The plugin chose the protocol ${socket.alpnProtocol || "none"} by ALPN, expected h2.`,
        );
      } finally {
        socket.destroy();
      }
    },
  },
  {
    id: "DRV-TLS-NAME",
    title: "The certificate is valid now, and for localhost",
    rule: "3-the-connection",
    process: true,
    async run(subject) {
      const { certificate } = await subject.processes.fresh().handshakeLine();
      must(certificate, "The handshake line has no certificate, although the host requires AutoMTLS.");
      const parsed = new X509Certificate(certificate);
      must(
        parsed.checkHost("localhost"),
        `The certificate is for ${parsed.subjectAltName ?? parsed.subject}.`,
      );
      const now = Date.now();
      const valid = Date.parse(parsed.validFrom) <= now && now <= Date.parse(parsed.validTo);
      must(valid, `The certificate is valid from ${parsed.validFrom} to ${parsed.validTo}.`);
    },
  },
  {
    id: "DRV-TLS-CLIENT",
    title: "The plugin refuses clients without the host's certificate",
    rule: "3-the-connection",
    process: true,
    async run(subject) {
      const line = await subject.processes.fresh().handshakeLine();
      const clients = { "no certificate": undefined, "another certificate": createCertificate() };
      for (const [who, credentials] of Object.entries(clients)) {
        const socket = open(line, credentials);
        const what = await answer(socket);
        socket.destroy();
        must(what === "refused", `A client with ${who} was ${what}, expected refused.`);
      }
    },
  },
];
