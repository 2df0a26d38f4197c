import { type ChildProcess, spawn } from "node:child_process";
import { mkdir, open, readFile } from "node:fs/promises";
import { join } from "node:path";
import { build, connect, localContext } from "../src/client/index.js";
import { hostNodeFlags } from "../src/util/host-node-flags.js";
import { ended, must, tail } from "../test/lab/run.js";
import { until } from "../test/lab/wait.js";
import { withoutHost } from "./first-build.js";
import { type GoClient, openGoClient } from "./go-client.js";
import { keepBuilds } from "./keep-builds.js";
import { costOfCall, measureProcess } from "./measure.js";
import { childrenOf, type ResidentCost, watchProcess } from "./resident.js";
import { bootCommand, buildFlags, environmentOf, type Tool, type ToolOptions } from "./tool.js";

const cli = join(import.meta.dirname, "../dist/cli.cjs");

const allAtOnce = ["builds=2000", "principal-builds=2000", "running-builds=2000"];

/** Options of {@link openSlipway}. */
export interface SlipwayOptions extends ToolOptions {
  /** Options of the host's Node.js, for profiling. */
  nodeOptions?: readonly string[];
  /** How many builds the host has kept before the measurement. */
  kept?: number;
  /** Limits of the host, in place of those that let all builds run at once. */
  limits?: readonly string[];
  /** The `go` command, to call the API in Go too. */
  go?: string;
}

/** Opens Slipway: its CLI, its API, and a running host with all its files in `folder`. */
export async function openSlipway(
  dockerHost: string,
  folder: string,
  { nodeOptions = [], kept = 0, limits = allAtOnce, go, driver, variables }: SlipwayOptions = {},
): Promise<Tool> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const socket = join(folder, "slipway.sock");
  const env = environmentOf(folder, dockerHost, { SLIPWAY_HOST: `unix://${socket}`, ...variables });
  const state = join(folder, "state");
  if (kept > 0) await keepBuilds(state, kept);
  const serve = [
    "serve",
    "--socket",
    socket,
    "--state-dir",
    state,
    ...[`kept-builds=${kept + 10_000}`, ...limits].flatMap((limit) => ["--limit", limit]),
  ];
  const log = join(folder, "host.log");
  const output = await open(log, "w");
  const nodeFlags = [...hostNodeFlags, ...nodeOptions];
  const host = spawn(process.execPath, [...nodeFlags, cli, ...serve], {
    env,
    stdio: ["ignore", output.fd, output.fd],
  });
  await output.close();
  const close = async () => {
    host.kill("SIGTERM");
    const killer = setTimeout(() => host.kill("SIGKILL"), 10_000);
    await ended(host);
    clearTimeout(killer);
  };
  try {
    await until("the host to answer", () => answers(host, env), { within: 30_000 });
  } catch (cause) {
    await close();
    throw new Error(`The host did not start. The end of its log:\n${tail(await readFile(log, "utf8"))}`, {
      cause,
    });
  }
  const api = await connect({ env, start: false });
  const goClient: GoClient | undefined = go ? await openGoClient(go, folder, env) : undefined;
  const measure = (args: readonly string[], variables: NodeJS.ProcessEnv = env) =>
    measureProcess(cli, args, { env: variables, scratch: folder });
  return {
    name: "slipway",
    build: (context, result) => measure(["build", ...buildFlags(result), context]),
    calls: {
      typescript: async (context, { image, builder = "" }) => {
        const begin = performance.now();
        const tags = image ? [image] : [];
        await build(api, { builder, context: await localContext(api, context), tags });
        return costOfCall(begin);
      },
      go: goClient?.build,
    },
    firstBuild: (context, result) =>
      withoutHost(folder, env, (fresh) => measure(["build", ...buildFlags(result), context], fresh)),
    command: (args) => measure(args),
    boot: (builder, image) => measure(bootCommand(builder, image, driver)),
    remove: async (builder) => void (await measure(["rm", builder])),
    watchServers: async () => {
      const hostCost = await watchProcess(host.pid!);
      // A child that exits during the measurement, such as a credential helper, is not counted.
      const ifRunning = <T>(look: Promise<T>) => look.catch(() => undefined);
      const children = await childrenOf(host.pid!);
      const childCosts = await Promise.all(children.map((pid) => ifRunning(watchProcess(pid))));
      return async () => ({
        host: await hostCost(),
        plugins: total(await Promise.all(childCosts.map((cost) => cost && ifRunning(cost())))),
      });
    },
    close: async () => {
      api.close();
      await goClient?.close();
      await close();
    },
  };
}

function total(costs: readonly (ResidentCost | undefined)[]): ResidentCost {
  const sum = { cpuSeconds: 0, peakBytes: 0, pssBytes: 0 };
  for (const cost of costs) {
    sum.cpuSeconds += cost?.cpuSeconds ?? 0;
    sum.peakBytes += cost?.peakBytes || 0;
    sum.pssBytes += cost?.pssBytes || 0;
  }
  return sum;
}

async function answers(host: ChildProcess, env: NodeJS.ProcessEnv): Promise<boolean> {
  if (host.exitCode !== null) throw new Error(`It exited with code ${host.exitCode}.`);
  await must(process.execPath, [cli, "ls"], { env });
  return true;
}
