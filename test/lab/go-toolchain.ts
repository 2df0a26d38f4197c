import { rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { cached } from "./cache.js";
import { must } from "./run.js";

const version = "1.26.8";
const architecture = process.arch === "x64" ? "amd64" : process.arch;
const toolchain = `golang.org/toolchain@v0.0.1-go${version}.linux-${architecture}`;

/**
 * Path of the `go` command that builds backends, clients and examples. Debian's Go is too old for these: it downloads a
 * newer toolchain as a Go module and verifies it with Go's checksum database.
 */
export async function goToolchain(): Promise<string> {
  const build = async (folder: string) => {
    const env = { ...process.env, GOMODCACHE: folder, GOFLAGS: "-modcacherw" };
    await must("/usr/bin/go", ["mod", "download", toolchain], { cwd: folder, env });
    await rename(join(folder, toolchain), join(folder, "go"));
    // Go extracts the files of a module without the executable bit.
    await must("chmod", ["-R", "a+x", join(folder, "go/bin"), join(folder, "go/pkg/tool")]);
    await rm(join(folder, "cache"), { recursive: true });
    await rm(join(folder, "golang.org"), { recursive: true });
  };
  return join(await cached({ name: `go-${version}`, text: toolchain, build }), "go/bin/go");
}
