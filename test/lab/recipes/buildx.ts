import { join } from "node:path";
import { goTools } from "../go-tools.js";

const version = "v0.36.1";

/** Path of the `buildx` binary for benchmarks and interoperability tests. It runs without the docker CLI. */
export async function buildx(): Promise<string> {
  const bin = await goTools({
    name: "buildx",
    module: "github.com/docker/buildx",
    version,
    commands: ["github.com/docker/buildx/cmd/buildx"],
    variables: { "github.com/docker/buildx/version.Version": version },
  });
  return join(bin, "buildx");
}
