import { join } from "node:path";
import { goTools } from "../go-tools.js";

const module = "github.com/johannesboyne/gofakes3";

/** Path of a small S3 server, built from source. */
export async function gofakes3(): Promise<string> {
  const commands = [`${module}/cmd/gofakes3`];
  return join(await goTools({ name: "gofakes3", module, version: "v1.2.0", commands }), "gofakes3");
}
