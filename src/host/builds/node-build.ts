import { Code, ConnectError } from "@connectrpc/connect";
import { type FileSendTarget, fileSend } from "../../buildkit/filesend/file-send.js";
import { type RecordedProvenance, readProvenance } from "../../buildkit/provenance.js";
import type { SessionMethod } from "../../buildkit/session/method.js";
import { settlesWithin } from "../../util/settles-within.js";
import { withPeriod } from "../../util/with-period.js";
import type { Log } from "../base/log.js";
import type { Meter } from "../base/meter.js";
import { currentSpan, inSpan } from "../base/tracer.js";
import { explainFailure } from "../nodes/explain-failure.js";
import { NodeError } from "../nodes/node-error.js";
import type { ReadyNode } from "../nodes/ready-node.js";
import { convertProgress } from "./convert-progress.js";
import type { EventLog } from "./event-log.js";
import type { BuildHold } from "./holds/build-hold.js";
import { hostStep } from "./host-step.js";
import type { TargetLinks } from "./linked-targets.js";
import { meteredMethods } from "./metered-methods.js";
import { reportDraining } from "./report-draining.js";
import { type Solved, solve } from "./solve.js";
import type { SolvePlan } from "./solve-plan.js";
import { withNamedContexts } from "./spec/frontend.js";
import { adoptSpans } from "./traces/adopt-spans.js";
import { tracedMethods } from "./traces/traced-methods.js";
import { warning } from "./warning.js";

/** How long the removal of partial outputs may hold the end of a build, in milliseconds. */
const cleanUpMs = 4_000;

/** What one node does for a build. Immutable. */
export interface NodePlan {
  readonly node: ReadyNode;
  /** The node's name in progress and errors; empty when no other node takes part. */
  readonly label: string;
  /** Unique reference; the name of the node's build in the history of its BuildKit. */
  readonly ref: string;
  readonly platforms: readonly string[];
  readonly solve: SolvePlan;
}

/** What the builds on all nodes share. */
export interface NodeBuildOptions {
  readonly events: EventLog;
  readonly methods: readonly SessionMethod[];
  /** Names machine and context for BuildKit's cache of local files. */
  readonly sharedKey: string;
  /** References of named contexts that became known after planning. */
  readonly contexts: Readonly<Record<string, string>>;
  readonly returnProvenance: boolean;
  /** One of the methods decides what the build may take. */
  readonly hasPolicies: boolean;
  readonly links?: TargetLinks;
  readonly hold?: BuildHold;
  readonly meter?: Meter;
  readonly log: Log;
}

/** What one node returned. */
export interface NodeOutcome extends Solved {
  /** Empty unless it was requested. */
  readonly provenance: readonly RecordedProvenance[];
}

/**
 * Builds on one node, in a session of its own. When that fails, everything opened is closed by then.
 * @param sinks where the files of each exporter go, by its index
 */
export function buildOnNode(
  plan: NodePlan,
  sinks: ReadonlyMap<number, FileSendTarget>,
  options: NodeBuildOptions,
  signal: AbortSignal,
): Promise<NodeOutcome> {
  const { node, ref, solve } = plan;
  const attributes = {
    "cicd.pipeline.task.name": "solve",
    "cicd.pipeline.task.run.id": ref,
    "slipway.node": node.config.node,
  };
  return inSpan({ name: "solve", attributes }, async () => {
    try {
      return await solveOnNode(plan, sinks, options, signal);
    } finally {
      const span = currentSpan();
      // BuildKit keeps no record of a call.
      if (span && !solve.isCall)
        await adoptSpans(span, node.client, ref).catch((cause) =>
          options.log.warn("The trace of BuildKit could not be read", { build: ref, error: String(cause) }),
        );
    }
  });
}

async function solveOnNode(
  plan: NodePlan,
  sinks: ReadonlyMap<number, FileSendTarget>,
  options: NodeBuildOptions,
  signal: AbortSignal,
): Promise<NodeOutcome> {
  const { node, label, ref } = plan;
  const { events, methods, sharedKey, contexts, hasPolicies, links, hold, meter } = options;
  const outputs = fileSend(sinks);
  const call = {
    ref,
    frontend: withNamedContexts(plan.solve.frontend, contexts),
    methods: tracedMethods(
      meteredMethods(sinks.size > 0 ? [...methods, outputs] : methods, meter),
      currentSpan(),
    ),
    sharedKey,
    hasPolicies,
    links,
    hold,
  };
  const ended = new AbortController();
  reportDraining(node, events, ended.signal);
  try {
    const solved = await solve(node.client, plan.solve, call, signal, (status) =>
      events.append({ case: "progress", value: convertProgress(status, label) }),
    );
    return { ...solved, provenance: await provenanceOf(plan, options, signal) };
  } catch (cause) {
    throw labelled(label, signal.aborted ? cause : await explainLoss(node, cause));
  } finally {
    ended.abort();
    await settlesWithin(cleanUpMs, outputs.idle());
  }
}

/** An error of a node; it names the node when the build has several. */
export function labelled(label: string, cause: unknown): unknown {
  return label ? new NodeError(label, cause) : cause;
}

async function provenanceOf(
  { node, label, ref, solve: { isCall } }: NodePlan,
  { events, returnProvenance }: NodeBuildOptions,
  signal: AbortSignal,
): Promise<RecordedProvenance[]> {
  if (!returnProvenance || isCall) return [];
  try {
    const read = () => readProvenance(node.client, ref, signal);
    return await hostStep(events, "resolving provenance for metadata file", read, label);
  } catch (cause) {
    // The result of the build is unaffected.
    if (signal.aborted) throw cause;
    const { rawMessage } = ConnectError.from(cause);
    const message = withPeriod(`The provenance cannot be read from BuildKit's history: ${rawMessage}`);
    const value = warning("spec.return_provenance", "PROVENANCE_UNAVAILABLE", message);
    await events.append({ case: "warning", value });
    return [];
  }
}

/** Determines whether the driver, its plugin, the backend or BuildKit itself broke the connection. */
export async function explainLoss({ plugin, config, lease }: ReadyNode, cause: unknown): Promise<unknown> {
  if (ConnectError.from(cause).code !== Code.Unavailable) return cause;
  return explainFailure(plugin, config, cause, { otherwise: "BUILDKIT_LOST", lost: lease.lost });
}
