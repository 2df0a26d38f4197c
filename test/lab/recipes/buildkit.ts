import { goTools } from "../go-tools.js";

const version = "v0.32.2";

/** Folder with static `buildkitd` and `buildctl`. */
export function buildkit(): Promise<string> {
  return goTools({
    name: "buildkit",
    module: "github.com/moby/buildkit",
    version,
    commands: ["github.com/moby/buildkit/cmd/buildkitd", "github.com/moby/buildkit/cmd/buildctl"],
    // Without it the daemon calls itself v0.0.0+unknown and clients that look at the version misjudge it.
    variables: { "github.com/moby/buildkit/version.Version": version },
  });
}
