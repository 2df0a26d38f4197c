// Loaded into the hosts of the tests before their program. Compiling it takes a third of a host's start, and Node has a
// cache for that only from 22.8 on. This one keeps what V8 has compiled in the folder that the environment names.
const { createHash } = require("node:crypto");
const { readFileSync, renameSync, writeFileSync } = require("node:fs");
const Module = require("node:module");
const { dirname, join } = require("node:path");
const { Script } = require("node:vm");

const folder = process.env.SLIPWAY_TEST_COMPILED;
// Neither for plugins nor for the host's threads, which load this file, too.
delete process.env.SLIPWAY_TEST_COMPILED;
if (folder) cacheIn(folder);

function cacheIn(folder) {
  const compiled = [];
  const compile = Module.prototype._compile;

  Module.prototype._compile = function (source, filename, ...rest) {
    // Only Node's own loader knows from where a module is imported.
    if (source.includes("import(")) return compile.call(this, source, filename, ...rest);
    const file = join(folder, createHash("sha1").update(filename).update(source).digest("hex"));
    const cachedData = read(file);
    const script = new Script(Module.wrap(source.replace(/^#!/, "//")), { filename, cachedData });
    if (!cachedData) compiled.push([script, file]);
    const require = Module.createRequire(filename);
    require.main = process.mainModule;
    const run = script.runInThisContext();
    return run.call(this.exports, this.exports, require, this, filename, dirname(filename));
  };

  // At the end, since the functions that have been called are compiled then.
  process.on("exit", () => {
    for (const [script, file] of compiled) keep(file, script.createCachedData());
  });
}

function read(file) {
  try {
    return readFileSync(file);
  } catch {
    return undefined;
  }
}

function keep(file, data) {
  const part = `${file}.${process.pid}`;
  try {
    writeFileSync(part, data);
    renameSync(part, file);
  } catch {
    // The tests may have ended and removed the folder.
  }
}
