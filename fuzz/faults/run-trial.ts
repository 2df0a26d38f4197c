import { randomUUID } from "node:crypto";
import { mkdir, readdir, rm } from "node:fs/promises";
import { connectHost } from "../../src/client/connect.js";
import { readTypedError } from "../../src/errors/typed-error.js";
import { PluginState } from "../../src/gen/slipway/v1/plugin_pb.js";
import { settlesWithin } from "../../src/util/settles-within.js";
import { type Clients, clientsOf, type HostProcess } from "../host-process.js";
import type { Outcome } from "./drill.js";
import { endInTime } from "./end-in-time.js";
import type { Lane } from "./lane.js";
import type { Link } from "./link.js";
import type { PluginLink } from "./plugin-link.js";
import { holdOf, outputFolder, specOf } from "./spec.js";
import type { Trial } from "./trial.js";
import { lastEvents, watch } from "./watch.js";

/** What trials run on. */
export interface Subjects {
  /** The host of trials with faults elsewhere than between host and plugin. */
  host: HostProcess;
  /** The host whose plugin is behind {@link plugin}; its builder is `direct`. */
  shimmed: HostProcess;
  plugin: PluginLink;
}

/** How long a build may take to end after it was cancelled, or after its connection was cut, in milliseconds. */
const boundMs = 10_000;
/** How long StartBuild may take on a connection that fell silent: the host waits 20 s for an answer, and explains why. */
const startBoundMs = 30_000;

/**
 * Runs the build of a trial while the faults of its link are injected.
 * @param patienceMs how long it may run before it is cancelled
 */
export async function runTrial(
  trial: Trial,
  lane: Lane,
  subjects: Subjects,
  patienceMs: number,
): Promise<Outcome> {
  const isPlugin = trial.link.startsWith("plugin");
  const host = isPlugin ? subjects.shimmed : subjects.host;
  const link = linkOf(trial, lane, subjects.plugin);
  await rm(outputFolder(lane), { recursive: true, force: true });
  await mkdir(outputFolder(lane));
  if (isPlugin) await restartIfCrashed(host.clients);
  const injected = link.arm(trial.faults);
  const cutsEnd = () => isPlugin || (trial.link === "buildkit" && !link.isOpen);
  const limits = { injected, cutsEnd, patienceMs, boundMs };
  const builder = isPlugin
    ? "direct"
    : `${lane.name}-${trial.output === "push-both" ? "both" : trial.transport}`;
  const outcome = async (end: string, problem?: string): Promise<Outcome> => {
    link.arm([]);
    // The host keeps connections for the next build. On one whose frames were changed, its ends decode headers differently.
    if (trial.faults.length > 0 && !isPlugin) link.cut();
    const [incident] = await host.incidents();
    const fault = incident && `the host logged an internal fault: ${incident}`;
    return { end, problem: problem ?? host.exit() ?? fault ?? (await badEnd(trial, lane, end)), injected };
  };

  if (trial.link === "client") await tryAsClient(trial, lane, builder, patienceMs);
  const { builds } = host.clients;
  const spec = await specOf(trial, lane, builder, host.clients);
  const starting = builds.startBuild({ requestId: randomUUID(), spec, hold: holdOf(trial) }).then(
    ({ build }) => ({ id: build!.id }),
    (cause) => ({ refused: readTypedError(cause).reason }),
  );
  const late = await endInTime(starting, {
    ...limits,
    boundMs: startBoundMs,
    // What an operator does about a plugin that does not answer. The faults may also prevent its restart.
    cancel: async () =>
      isPlugin ? host.clients.plugins.restartPlugin({ name: "remote" }).catch(() => {}) : link.cut(),
  });
  if (late) return outcome("NOT STARTED", `StartBuild: ${late}`);
  const started = await starting;
  if ("refused" in started) return outcome(started.refused);

  const { id } = started;
  let end = "NONE";
  const watching = watch(host.clients, id).then((seen) => {
    end = seen;
  });
  const cancel = () => builds.cancelBuild({ id });
  const timer =
    trial.cancelMs === undefined ? undefined : setTimeout(() => cancel().catch(() => {}), trial.cancelMs);
  const problem = await endInTime(watching, { ...limits, cancel });
  clearTimeout(timer);
  const ended = await outcome(end, problem);
  if (!ended.problem) return ended;
  const events = await lastEvents(host.clients, id);
  return { ...ended, problem: `${ended.problem}; now ${new Date().toISOString()}\n${events}` };
}

/** Does what a client does, through the link with faults, and then disconnects. The host must bear anything. */
async function tryAsClient(trial: Trial, lane: Lane, builder: string, patienceMs: number): Promise<void> {
  const connecting = connectHost({ kind: "unix", path: lane.clientSocket });
  const work = async () => {
    const clients = clientsOf((await connecting).transport);
    const spec = await specOf(trial, lane, builder, clients);
    const { build } = await clients.builds.startBuild({ requestId: randomUUID(), spec, hold: holdOf(trial) });
    await watch(clients, build!.id);
  };
  await settlesWithin(
    patienceMs,
    work().catch(() => {}),
  );
  lane.links.client.cut();
  (await connecting.catch(() => undefined))?.close();
}

function linkOf({ link, transport }: Trial, { links }: Lane, plugin: PluginLink): Link {
  if (link === "plugin") return plugin.frames;
  if (link === "plugin-tls") return plugin.encrypted;
  return link === "client" || link === "registry" ? links[link] : links[transport];
}

/** A plugin that crashed often is not started any more until somebody restarts it. */
async function restartIfCrashed({ plugins: service }: Clients): Promise<void> {
  const { plugins } = await service.listPlugins({});
  const { state } = plugins.find(({ name }) => name === "remote")!;
  if (state !== PluginState.RUNNING) await service.restartPlugin({ name: "remote" });
}

async function badEnd(trial: Trial, lane: Lane, end: string): Promise<string | undefined> {
  if (trial.faults.length === 0 && trial.cancelMs === undefined && end !== "SUCCEEDED")
    return `it ended with ${end} without any fault`;
  // Complete archives have their final name; BuildKit writes the files of a local output one by one.
  const partial = (await readdir(outputFolder(lane), { recursive: true })).filter((name) =>
    /\.tmp$|^\.|\/\./.test(name),
  );
  return partial.length > 0 ? `it ended with ${end}, and left ${partial.join(", ")}` : undefined;
}
