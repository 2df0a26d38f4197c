import type { CoreV1Event, V1Deployment, V1StatefulSet } from "@kubernetes/client-node";
import { NodeState, withPeriod } from "slipway/driver";
import type { Target } from "../cluster/open.js";
import { describePod } from "./describe.js";
import { EventReader } from "./events.js";
import type { NodeObjects } from "./node-objects.js";

/** Reports what Kubernetes does with a node's pods, each line once. */
export class ChangeLog {
  /** The latest line. */
  last = "";
  readonly #written = new Set<string>();
  readonly #events: EventReader;

  constructor(
    target: Target,
    private readonly write: (line: string) => void,
  ) {
    this.#events = new EventReader(target);
  }

  /** Reports the problems of the workload and its pods, and new events. */
  async report({ workload, pods }: NodeObjects, signal: AbortSignal): Promise<void> {
    this.add(replicaFailure(workload) ?? "");
    for (const pod of pods) {
      const { state, reason } = describePod(pod);
      if (state !== NodeState.RUNNING && state !== NodeState.STOPPING) this.add(reason);
    }
    for (const event of await this.#events.read(pods, signal)) this.add(lineOf(event));
  }

  /** Reports a line unless it was reported before. */
  add(line: string): void {
    if (!line || this.#written.has(line)) return;
    this.#written.add(line);
    this.last = line;
    this.write(line);
  }
}

/** Why a workload cannot create its pods, as a sentence. */
export function replicaFailure(workload: V1Deployment | V1StatefulSet | undefined): string | undefined {
  const failure = workload?.status?.conditions?.find(
    ({ type, status }) => type === "ReplicaFailure" && status === "True",
  );
  return failure?.message && withPeriod(failure.message);
}

function lineOf({ involvedObject, type, reason, message }: CoreV1Event): string {
  const object = `${involvedObject.kind} ${involvedObject.name}`;
  return `${object}: ${type === "Warning" ? "Warning: " : ""}${reason}: ${message}`;
}
