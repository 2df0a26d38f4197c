import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, open, readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { ensurePackages } from "../test/lab/packages.js";
import { ended, must, run, tail } from "../test/lab/run.js";
import { until } from "../test/lab/wait.js";
import { ping } from "./engine-ping.js";

/** Prints one line of progress. */
export type Say = (line: string) => void;

/** The default address of dockerd and its clients. */
const defaultHost = "unix:///var/run/docker.sock";

/** Time limit for dockerd to answer, in milliseconds. The first start creates its store. */
const startTimeout = 90_000;

/**
 * Finds the Docker Engine at `DOCKER_HOST` or at the default address. As root on Debian, installs and starts an Engine if
 * there is none.
 *
 * @throws Error with the problem and a remedy
 */
export async function ensureEngine(say: Say): Promise<{ host: string }> {
  const asked = process.env.DOCKER_HOST;
  const host = asked || defaultHost;
  if (host.startsWith("ssh:")) {
    say(`Use DOCKER_HOST=${host}`);
    return { host };
  }
  try {
    const version = await ping(host);
    say(`Docker Engine ${version} answers at ${host}`);
    return { host };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    if (asked)
      throw new Error(
        `DOCKER_HOST=${asked} does not answer: ${reason}. Start that engine or unset DOCKER_HOST.`,
      );
    if (reason.includes("EACCES")) {
      throw new Error(`This user cannot access ${defaultHost}. Run as root, or join the group "docker".`);
    }
    say(`No Docker Engine answers at ${defaultHost} (${reason})`);
  }
  refuseUnlessRootOnDebian();
  await install(say);
  await start(say);
  return { host };
}

function refuseUnlessRootOnDebian(): void {
  const remedy =
    "Install and start a Docker Engine (https://docs.docker.com/engine/install/), or set DOCKER_HOST.";
  if (!existsSync("/etc/debian_version")) {
    throw new Error(`No Docker Engine is reachable, and one can be installed on Debian only. ${remedy}`);
  }
  if (process.getuid?.() !== 0) {
    throw new Error(
      `No Docker Engine is reachable, and installing one requires root. ${remedy} Or run this again as root.`,
    );
  }
}

async function install(say: Say): Promise<void> {
  if ((await run("sh", ["-c", "command -v dockerd"])).code === 0) return;
  await ensurePackages(["docker.io"], async (title, work) => {
    const begun = performance.now();
    say(`${title} …`);
    const result = await work();
    say(`${title}: done in ${seconds(begun)}`);
    return result;
  });
}

/** Starts the installed Engine: with systemd if available, otherwise as a separate process. */
async function start(say: Say): Promise<void> {
  const begun = performance.now();
  if (existsSync("/run/systemd/system")) {
    say("Start the Docker Engine: systemctl start docker …");
    await must("systemctl", ["start", "docker"], { timeout: startTimeout }).catch(async (cause) => {
      const journal = await run("journalctl", ["-u", "docker", "-n", "30", "--no-pager"]);
      throw new Error(`The Docker Engine did not start:\n${journal.stdout}`, { cause });
    });
    await until("the Docker Engine to answer", () => ping(defaultHost), { within: startTimeout });
  } else if (await alreadyStarting()) {
    say("Wait for the dockerd that is starting …");
    await until("the Docker Engine to answer", () => ping(defaultHost), { within: startTimeout });
  } else {
    await startDirectly(say);
  }
  say(`Docker Engine ${await ping(defaultHost)} answers at ${defaultHost} after ${seconds(begun)}`);
}

/** Whether dockerd is starting: without systemd, the package's init script may just have started it. */
async function alreadyStarting(): Promise<boolean> {
  const pid = (await readFile("/var/run/docker.pid", "utf8").catch(() => "")).trim();
  return pid !== "" && existsSync(`/proc/${pid}`);
}

async function startDirectly(say: Say): Promise<void> {
  const folder = join(process.env.XDG_STATE_HOME || join(homedir(), ".local", "state"), "slipway");
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const log = join(folder, "dockerd.log");
  say(`Start dockerd, with its log in ${log} …`);
  const output = await open(log, "w", 0o600);
  const dockerd = spawn("dockerd", [], { stdio: ["ignore", output.fd, output.fd], detached: true, cwd: "/" });
  await output.close();
  const patience = new AbortController();
  const died = ended(dockerd).then(() => {
    throw new Error(`dockerd ended with ${dockerd.signalCode ?? `exit code ${dockerd.exitCode}`}`);
  });
  try {
    const within = startTimeout;
    const answers = until("it to answer", () => ping(defaultHost), { within, signal: patience.signal });
    await Promise.race([died, answers]);
  } catch (cause) {
    dockerd.kill("SIGKILL");
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Error(
      `The Docker Engine did not start: ${reason}. ${log} ends:\n${tail(await readFile(log, "utf8"))}`,
    );
  } finally {
    patience.abort();
  }
  // The Engine outlives this process.
  dockerd.unref();
  say("dockerd keeps running. Stop it with: kill $(cat /var/run/docker.pid)");
}

const seconds = (since: number) => `${((performance.now() - since) / 1000).toFixed(1)} s`;
