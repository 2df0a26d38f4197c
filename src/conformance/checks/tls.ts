import { X509Certificate } from "node:crypto";
import { connect, type TLSSocket } from "node:tls";
import { createCertificate } from "../../plugin-protocol/certificate.js";
import type { HandshakeLine } from "../../plugin-protocol/handshake-line.js";
import { clientPreface } from "../../util/http2-preface.js";
import type { Check } from "../check.js";
import { must } from "../violation.js";

/** So long a stranger may be kept waiting, in milliseconds. */
const refusalMs = 5000;

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

/** What a plugin says to a client: it breaks off, or the first bytes come. */
function answer(socket: TLSSocket): Promise<"refused" | "answered" | "silent"> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve("silent"), refusalMs);
    const say = (what: "refused" | "answered") => () => {
      clearTimeout(timer);
      resolve(what);
    };
    socket.on("error", say("refused")).on("close", say("refused")).on("data", say("answered"));
    socket.once("secureConnect", () => socket.write(clientPreface));
  });
}

/** AutoMTLS. */
export const tlsChecks: Check[] = [
  {
    id: "DRV-TLS-CERTIFICATE",
    title: "it speaks HTTP/2 over TLS 1.2 or newer, with the very certificate that it announced",
    rule: "3-the-connection",
    async run(subject) {
      const plugin = await subject.fresh();
      const line = await plugin.handshakeLine();
      must(line.certificate, "its handshake line has no certificate, although AutoMTLS was asked for");
      const socket = open(line, plugin.certificate);
      try {
        const what = await answer(socket);
        must(what === "answered", `the host's own connection was ${what}`);
        const shown = socket.getPeerCertificate(true).raw;
        must(shown?.equals(line.certificate), "it shows another certificate than the announced one");
        must(
          socket.alpnProtocol === "h2",
          `it chose the protocol ${socket.alpnProtocol || "none"} by ALPN; expected h2`,
        );
      } finally {
        socket.destroy();
      }
    },
  },
  {
    id: "DRV-TLS-NAME",
    title: "its certificate is valid, now and for localhost",
    rule: "3-the-connection",
    async run(subject) {
      const { certificate } = await subject.fresh().handshakeLine();
      must(certificate, "its handshake line has no certificate, although AutoMTLS was asked for");
      const parsed = new X509Certificate(certificate);
      must(
        parsed.checkHost("localhost"),
        `its certificate is for ${parsed.subjectAltName ?? parsed.subject}`,
      );
      const now = Date.now();
      const valid = Date.parse(parsed.validFrom) <= now && now <= Date.parse(parsed.validTo);
      must(valid, `its certificate is valid from ${parsed.validFrom} to ${parsed.validTo}`);
    },
  },
  {
    id: "DRV-TLS-CLIENT",
    title: "it refuses clients without the host's certificate",
    rule: "3-the-connection",
    async run(subject) {
      const line = await subject.fresh().handshakeLine();
      const strangers = { "no certificate": undefined, "a stranger's certificate": createCertificate() };
      for (const [who, credentials] of Object.entries(strangers)) {
        const socket = open(line, credentials);
        const what = await answer(socket);
        socket.destroy();
        must(what === "refused", `a client with ${who} was ${what} instead of refused`);
      }
    },
  },
];
