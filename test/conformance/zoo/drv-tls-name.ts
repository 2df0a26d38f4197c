// Its certificate is for another name than localhost.
import { runAnimal } from "../well/run.js";

const elsewhere = (certificate: string) => {
  const der = Buffer.from(certificate, "base64").toString("latin1").replaceAll("localhost", "elsewhere");
  return Buffer.from(der, "latin1").toString("base64").replace(/=+$/, "");
};
await runAnimal({ line: (line) => line.replace(/[^|]+$/, elsewhere) });
