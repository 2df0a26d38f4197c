import { join } from "node:path";
import { goTools } from "../go-tools.js";

const version = "v5.2.0";
const module = "github.com/docker/compose/v5";

/** Path of docker's Compose, which runs as a plugin of docker's CLI. */
export async function compose(): Promise<string> {
  const bin = await goTools({
    name: "compose",
    module,
    version,
    commands: [`${module}/cmd`],
    variables: { [`${module}/internal.Version`]: version },
  });
  return join(bin, "cmd");
}
