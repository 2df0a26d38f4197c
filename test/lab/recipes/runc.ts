import { goTools } from "../go-tools.js";

/** Folder with `runc`: Debian's 1.1 is too old for the newer engine. */
export function runc(): Promise<string> {
  return goTools({
    name: "runc",
    module: "github.com/opencontainers/runc",
    version: "v1.3.3",
    commands: ["github.com/opencontainers/runc"],
    variables: { "main.version": "1.3.3" },
    cgoTags: ["seccomp"],
  });
}
