#!/usr/bin/env node
import nodeModule from "node:module";
import { homedir } from "node:os";
import { join } from "node:path";

/** Node's own since 22.8; not among the types of Node 20. */
const { enableCompileCache } = nodeModule as { enableCompileCache?: (folder: string) => unknown };

// Half of the time of a short command is compiling. Node's default folder is one that all users share.
const caches = process.env.XDG_CACHE_HOME || join(homedir(), ".cache");
enableCompileCache?.(process.env.NODE_COMPILE_CACHE || join(caches, "slipway", "compiled"));
// Only what is loaded from here on is kept.
const { runCommandLine } = await import("./command-line.js");
process.exit(await runCommandLine());
