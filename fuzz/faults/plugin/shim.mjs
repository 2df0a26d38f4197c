/**
 * The process that the host starts as the plugin: it runs the real plugin, and tells the fuzzer where that listens. The
 * fuzzer puts its proxy between host and plugin. The host and the plugin own all pipes as without it.
 */
import { spawn } from "node:child_process";
import { createConnection } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";

const { env } = process;
const fuzzer = createConnection(env.SLIPWAY_FUZZ_SOCKET);
const answers = createInterface({ input: fuzzer })[Symbol.asyncIterator]();

async function ask(question) {
  fuzzer.write(`${JSON.stringify(question)}\n`);
  return JSON.parse((await answers.next()).value);
}

const { certificate } = await ask({
  certificate: env.PLUGIN_CLIENT_CERT,
  folder: env.PLUGIN_UNIX_SOCKET_DIR,
});
const main = join(import.meta.dirname, "../../../plugins/remote/dist/main.js");
const plugin = spawn(process.execPath, [main], {
  stdio: ["inherit", "pipe", "inherit"],
  env: { ...env, PLUGIN_CLIENT_CERT: certificate },
});
process.on("SIGTERM", () => plugin.kill("SIGTERM"));
process.on("SIGINT", () => {});
plugin.on("exit", (code) => process.exit(code ?? 1));
fuzzer.on("close", () => plugin.kill("SIGTERM"));
for await (const line of createInterface({ input: plugin.stdout })) {
  const { line: proxied } = await ask({ line });
  process.stdout.write(`${proxied}\n`);
}
