import { goTools } from "../go-tools.js";

const version = "v0.32.2";

/** Folder with static `buildkitd` and `buildctl`. */
export function buildkit(): Promise<string> {
  return goTools({
    name: "buildkit",
    module: "github.com/moby/buildkit",
    version,
    commands: ["github.com/moby/buildkit/cmd/buildkitd", "github.com/moby/buildkit/cmd/buildctl"],
    // Without it the daemon reports v0.0.0+unknown, which misleads clients that check the version.
    variables: { "github.com/moby/buildkit/version.Version": version },
  });
}
