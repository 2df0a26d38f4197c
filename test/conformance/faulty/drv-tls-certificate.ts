// Announces another certificate than it presents.
import { createCertificate } from "../../../src/plugin-protocol/certificate.js";
import { serveWithFault } from "../conforming/serve-with-fault.js";

const other = createCertificate().der.toString("base64").replace(/=+$/, "");
await serveWithFault({ line: (line) => line.replace(/[^|]+$/, other) });
