// Announces another certificate than the one that it shows.
import { createCertificate } from "../../../src/plugin-protocol/certificate.js";
import { runAnimal } from "../well/run.js";

const other = createCertificate().der.toString("base64").replace(/=+$/, "");
await runAnimal({ line: (line) => line.replace(/[^|]+$/, other) });
