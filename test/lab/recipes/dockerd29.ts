import { goTools } from "../go-tools.js";

const version = "v2.0.0-beta.24";

/** Folder with a static `dockerd` of version 29 (API 1.56, containerd image store by default). */
export function dockerd29(): Promise<string> {
  return goTools({
    name: "dockerd29",
    module: "github.com/moby/moby/v2",
    version,
    commands: ["github.com/moby/moby/v2/cmd/dockerd"],
    // Without it the daemon reports "library-import" as its version.
    variables: {
      "github.com/moby/moby/v2/dockerversion.Version": `29.0.0+${version}`,
      "github.com/moby/moby/v2/dockerversion.GitCommit": version,
    },
  });
}
