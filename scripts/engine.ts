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

/** The address of Docker's own socket, where dockerd and its clients meet by default. */
const defaultHost = "unix:///var/run/docker.sock";

/** Milliseconds that dockerd may take until it answers; a first start creates its whole store. */
const startTimeout = 90_000;

/**
 * Find the Docker Engine that `DOCKER_HOST` or the default socket leads to, or on a Debian machine, as root, install
 * and start one.
 *
 * @throws Error that says what is in the way and what to do about it.
 */
export async function ensureEngine(say: Say): Promise<{ host: string }> {
  const asked = process.env.DOCKER_HOST;
  const host = asked || defaultHost;
  if (host.startsWith("ssh:")) {
    say(`DOCKER_HOST=${host} is used as it is`);
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
      throw new Error(`${defaultHost} may not be used by this user: run as root or join the group "docker".`);
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
    "Install and start Docker Engine (https://docs.docker.com/engine/install/), or set DOCKER_HOST to one.";
  if (!existsSync("/etc/debian_version")) {
    throw new Error(
      `No Docker Engine is reachable and this is no Debian machine to install one on. ${remedy}`,
    );
  }
  if (process.getuid?.() !== 0) {
    throw new Error(
      `No Docker Engine is reachable and installing one needs root. ${remedy} Or run this again as root.`,
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

/** Start the installed engine: by systemd where that runs the machine, else as a process of its own. */
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

/** Without systemd the package's own init script may have started dockerd a moment ago. */
async function alreadyStarting(): Promise<boolean> {
  const pid = (await readFile("/var/run/docker.pid", "utf8").catch(() => "")).trim();
  return pid !== "" && existsSync(`/proc/${pid}`);
}

async function startDirectly(say: Say): Promise<void> {
  const folder = join(process.env.XDG_STATE_HOME || join(homedir(), ".local", "state"), "slipway");
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const log = join(folder, "dockerd.log");
  say(`Start the Docker Engine: dockerd, its log goes to ${log} …`);
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
  // From here on it is the machine's engine, which outlives this process.
  dockerd.unref();
  say("It stays up when this is over; end it with: kill $(cat /var/run/docker.pid)");
}

const seconds = (since: number) => `${((performance.now() - since) / 1000).toFixed(1)} s`;
