import { spawn } from "node:child_process";
import { once } from "node:events";
import { open, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { cached, withLock } from "./cache.js";
import { tail } from "./run.js";

/** Commands built from one Go module. */
export interface GoTools {
  /** Short name for the cache folder and messages. */
  name: string;
  module: string;
  version: string;
  /** Import paths of the commands. */
  commands: readonly string[];
  /** Source of a command with the name of the tools. It may use the module, and those that are named here. */
  source?: { main: string; requires: Readonly<Record<string, string>> };
  /** Versions from the module's `replace` lines, which Go ignores in other modules. */
  replace?: Readonly<Record<string, string>>;
  /** Variables set at link time, by full name. */
  variables?: Readonly<Record<string, string>>;
  /** Build tags. With tags the build uses cgo; otherwise the binaries are static. */
  cgoTags?: readonly string[];
}

/** Folder with the built commands. */
export async function goTools(tools: GoTools): Promise<string> {
  const goMod = [
    "module slipway.test/lab",
    "go 1.25.0",
    ...tools.commands.map((command) => `tool ${command}`),
    `require ${tools.module} ${tools.version}`,
    ...Object.entries(tools.source?.requires ?? {}).map(
      ([module, version]) => `require ${module} ${version}`,
    ),
    ...Object.entries(tools.replace ?? {}).map(
      ([module, version]) => `replace ${module} => ${module} ${version}`,
    ),
    "",
  ].join("\n");
  const variables = Object.entries(tools.variables ?? {}).map(([name, value]) => `-X ${name}=${value}`);
  const args = ["build", "-mod=mod", "-trimpath", "-ldflags", ["-s", "-w", ...variables].join(" ")];
  if (tools.cgoTags) args.push("-tags", tools.cgoTags.join(","));
  const main = tools.source?.main ?? "";
  const text = `${goMod}\ngo ${args.join(" ")}\n${main}`;
  const target = main ? [`bin/${tools.name}`, "."] : ["bin/", ...tools.commands];

  const build = async (folder: string) => {
    await writeFile(join(folder, "go.mod"), goMod);
    if (main) await writeFile(join(folder, "main.go"), main);
    // One build at a time: each uses every core, so concurrent builds would not be faster.
    await withLock("go", () => goBuild(folder, [...args, "-o", ...target], tools.cgoTags !== undefined));
  };
  return join(await cached({ name: `${tools.name}-${tools.version}`, text, build }), "bin");
}

async function goBuild(folder: string, args: readonly string[], cgo: boolean): Promise<void> {
  const log = join(folder, "build.log");
  const output = await open(log, "w");
  const child = spawn("setpriv", ["--pdeathsig", "TERM", "nice", "-n", "10", "go", ...args], {
    cwd: folder,
    env: { ...process.env, CGO_ENABLED: cgo ? "1" : "0", GOFLAGS: "", GOWORK: "off" },
    stdio: ["ignore", output.fd, output.fd],
  });
  const [code] = await once(child, "exit");
  await output.close();
  if (code !== 0)
    throw new Error(`go build exited with ${code}; ${log} ends:\n${tail(await readFile(log, "utf8"))}`);
}
