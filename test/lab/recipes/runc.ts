import { goTools } from "../go-tools.js";
import { ensurePackages } from "../packages.js";

/** Folder with `runc`: Debian's 1.1 is too old for the newer engine. */
export async function runc(): Promise<string> {
  await ensurePackages(["gcc", "libc6-dev", "libseccomp-dev", "pkg-config"]);
  return goTools({
    name: "runc",
    module: "github.com/opencontainers/runc",
    version: "v1.3.3",
    commands: ["github.com/opencontainers/runc"],
    variables: { "main.version": "1.3.3" },
    cgoTags: ["seccomp"],
  });
}
