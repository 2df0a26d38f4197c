import { cacheFolder } from "../util/cache-folder.js";
import { ensureHome } from "./ensure-home.js";

run().then((exitCode) => process.exit(exitCode));

async function run(): Promise<number> {
  const [first, ...rest] = process.argv.slice(2);
  if ((first === "version" || first === "--version") && rest.length === 0) {
    // Scripts ask often: what follows would take as long as Node's start.
    const { printVersion } = await import("./print-version.js");
    printVersion();
    return 0;
  }
  ensureHome();
  // A short command spends half of its time compiling. Node's default folder is shared by all users. Only modules that
  // are loaded from here on are cached.
  nodeModule().enableCompileCache?.(process.env.NODE_COMPILE_CACHE || `${cacheFolder()}/compiled`);
  const [{ runCommandLine }, { allWritten }] = await Promise.all([
    import("./command-line.js"),
    import("../util/standard-streams.js"),
  ]);
  const exitCode = await runCommandLine();
  await allWritten();
  return exitCode;
}

/** `enableCompileCache` is in Node since 22.8, and missing in the types of Node 20. */
function nodeModule() {
  return process.getBuiltinModule("node:module") as { enableCompileCache?: (folder: string) => unknown };
}
