// Has a certificate for another name than localhost.
import { serveWithFault } from "../conforming/serve-with-fault.js";

const elsewhere = (certificate: string) => {
  const der = Buffer.from(certificate, "base64").toString("latin1").replaceAll("localhost", "elsewhere");
  return Buffer.from(der, "latin1").toString("base64").replace(/=+$/, "");
};
await serveWithFault({ line: (line) => line.replace(/[^|]+$/, elsewhere) });
