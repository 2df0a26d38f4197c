import { randomUUID } from "node:crypto";
import { mkdir, rm } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { settlesWithin } from "../../src/util/settles-within.js";
import { type HostProcess, startHost } from "../host-process.js";
import type { Outcome } from "./drill.js";
import type { Lane } from "./lane.js";
import { holdOf, outputFolder, specOf } from "./spec.js";
import type { Trial } from "./trial.js";
import { lastEvents, watch } from "./watch.js";

/** A host that is killed, and the next one on its state. Its builder is `direct`. */
export class RestartedHost {
  private constructor(
    private readonly folder: string,
    private current: HostProcess,
  ) {}

  /** @param buildkit the address of BuildKit */
  static async open(folder: string, buildkit: string): Promise<RestartedHost> {
    const host = await startHost(folder);
    const node = { name: "direct", endpoint: buildkit };
    await host.clients.builders.createBuilder({ name: "direct", driver: "remote", node });
    return new RestartedHost(folder, host);
  }

  /** The one that runs. */
  get host(): HostProcess {
    return this.current;
  }

  /** Kills the host, and starts the next one. */
  async restart(): Promise<void> {
    await this.current.kill();
    this.current = await startHost(this.folder);
  }
}

/**
 * Runs the build of a trial on a host that is killed meanwhile. The next host has to end it: with success, unless it cannot be
 * started again.
 * @param patienceMs how long it may run then
 */
export async function runRestart(
  trial: Trial,
  lane: Lane,
  subject: RestartedHost,
  patienceMs: number,
): Promise<Outcome> {
  await rm(outputFolder(lane), { recursive: true, force: true });
  await mkdir(outputFolder(lane));
  const { clients } = subject.host;
  const spec = await specOf(trial, lane, "direct", clients);
  const { build } = await clients.builds.startBuild({ requestId: randomUUID(), spec, hold: holdOf(trial) });
  const { id } = build!;
  // This connection ends with the host.
  const before = watch(clients, id).catch(() => "");
  await sleep(trial.killMs);
  await subject.restart();
  await before;
  let end = "NONE";
  const watching = watch(subject.host.clients, id).then((seen) => {
    end = seen;
  });
  const hasEnded = await settlesWithin(patienceMs, watching);
  // In its first second a build does not keep its upload for the next host: most builds end before.
  const canRestart = trial.context === "path" && trial.output !== "stream" && trial.hold === "never";
  const [incident] = await subject.host.incidents();
  const why =
    (!hasEnded && "it did not end after a restart of its host") ||
    (canRestart && end !== "SUCCEEDED" && `it ended with ${end} after a restart of its host`) ||
    (incident && `the host logged an internal fault: ${incident}`);
  const problem = why ? `${why}\n${await lastEvents(subject.host.clients, id)}` : undefined;
  return { end, problem, injected: [] };
}
