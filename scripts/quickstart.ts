/** `npm run quickstart`: sets up an Engine if needed, then builds and runs an image. Can be repeated. */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { copyFile, cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ensureEngine } from "./engine.js";

const root = join(import.meta.dirname, "..");
const image = "slipway/hello:quickstart";
const began = Date.now();

function say(text: string): void {
  console.log(`[${((Date.now() - began) / 1000).toFixed(1).padStart(5)}s] ${text}`);
}

/** Runs a command with its output on the terminal. Rejects if it fails. */
function run(command: string, args: string[], env: Record<string, string> = {}): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: root, stdio: "inherit", env: { ...process.env, ...env } });
    child.once("error", reject);
    child.once("exit", (code, signal) => {
      if (code === 0) resolve();
      else reject(new Error(`${command} ${args.join(" ")} ended with ${signal ?? `exit code ${code}`}`));
    });
  });
}

/** Path of a statically linked busybox: the installed one, or that of Debian's package. */
async function busybox(): Promise<string> {
  const path = "/bin/busybox";
  if (!existsSync(path)) {
    say("Install busybox-static, the base of the example image");
    await run("apt-get", ["install", "-y", "-qq", "busybox-static"], { DEBIAN_FRONTEND: "noninteractive" });
  }
  return path;
}

say("Find a Docker Engine");
const { host } = await ensureEngine(say);
say("Bundle Slipway");
await run("npm", ["run", "--silent", "build"]);

const context = await mkdtemp(join(tmpdir(), "slipway-quickstart-"));
try {
  await cp(join(root, "examples/hello"), context, { recursive: true });
  await copyFile(await busybox(), join(context, "busybox"));
  const environment = { DOCKER_HOST: host };
  say(`Build ${image}: the CLI starts a host, and the host starts the docker driver as a plugin`);
  await run(join(root, "dist/cli.cjs"), ["build", "--progress", "plain", "-t", image, context], environment);
  say(`Run ${image} from the Engine's image store`);
  await run("docker", ["run", "--rm", image], environment);
  say("Done. Next: npx slipway ls, npx slipway build --help");
} catch (error) {
  say(`Failed: ${error instanceof Error ? error.message : error}`);
  process.exitCode = 1;
} finally {
  await rm(context, { recursive: true, force: true });
}
