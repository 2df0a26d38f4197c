#!/usr/bin/env node
import nodeModule from "node:module";
import { homedir } from "node:os";
import { join } from "node:path";

/** In Node since 22.8; missing in the types of Node 20. */
const { enableCompileCache } = nodeModule as { enableCompileCache?: (folder: string) => unknown };

// A short command spends half of its time compiling. Node's default folder is shared by all users.
const caches = process.env.XDG_CACHE_HOME || join(homedir(), ".cache");
enableCompileCache?.(process.env.NODE_COMPILE_CACHE || join(caches, "slipway", "compiled"));
// Only modules that are loaded from here on are cached.
const { runCommandLine } = await import("./command-line.js");
process.exit(await runCommandLine());
