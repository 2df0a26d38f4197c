import { create } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import { type FileSendTarget, fileSend } from "../../../buildkit/filesend/file-send.js";
import { type RecordedProvenance, readProvenance } from "../../../buildkit/provenance.js";
import type { SessionMethod } from "../../../buildkit/session/method.js";
import { type Diagnostic, DiagnosticSchema, Severity } from "../../../gen/slipway/driver/v1/diagnostic_pb.js";
import type { BuildSpec } from "../../../gen/slipway/v1/build_spec_pb.js";
import { explainFailure } from "../../nodes/explain-failure.js";
import { NodeError } from "../../nodes/node-error.js";
import type { Assignment } from "../../nodes/platform-nodes.js";
import type { ReadyNode } from "../../nodes/ready-node.js";
import { convertProgress } from "../convert-progress.js";
import type { EventLog } from "../event-log.js";
import { hostStep } from "../host-step.js";
import type { Inputs } from "../inputs.js";
import { type Plan, planBuild } from "../plan.js";
import { type Solved, solve } from "../solve.js";
import type { Export } from "../spec/exports.js";
import { asRequestError } from "../spec/problems.js";
import { specOfPart } from "./part-spec.js";

/** So long a plugin's end may be noticed after the end of the streams through it, in milliseconds. */
const diedWithinMs = 500;

/** What a part has to know of its build. */
export interface PartOptions extends Assignment {
  spec: BuildSpec;
  inputs: Inputs;
  events: EventLog;
  /** Unique reference of the part; its name in the history of its BuildKit. */
  ref: string;
  /** Platforms of the build's other parts. When there are any, progress and errors name the node. */
  others: readonly string[];
}

/** What one node builds of a build. */
export class BuildPart {
  readonly node: ReadyNode;
  readonly platforms: readonly string[];
  readonly ref: string;
  /** What the node is asked for. */
  readonly plan: Plan;
  readonly #options: PartOptions;

  /** Throws FAILED_PRECONDITION, reason FEATURE_UNSUPPORTED, for what the node cannot do. */
  constructor(options: PartOptions) {
    const { node, platforms, ref, spec, inputs, others } = options;
    this.node = node;
    this.platforms = platforms;
    this.ref = ref;
    this.#options = options;
    try {
      const isPart = others.length > 0;
      this.plan = planBuild(isPart ? specOfPart(spec, platforms, others) : spec, inputs, node);
      // BuildKit answers with the image of its last exporter; the others' are known from their archives.
      if (isPart) this.plan.exports.sort((a, b) => Number(isAnswered(a)) - Number(isAnswered(b)));
    } catch (cause) {
      throw this.#named(asRequestError(cause));
    }
  }

  /** Builds on the node, in a session of its own. When that fails, everything opened is closed by then. */
  async solve(
    methods: readonly SessionMethod[],
    sinks: ReadonlyMap<number, FileSendTarget>,
    signal: AbortSignal,
  ): Promise<Solved> {
    const { node, plan, ref } = this;
    const { inputs, events } = this.#options;
    const request = {
      ...plan,
      ref,
      methods: [...methods, ...(sinks.size > 0 ? [fileSend(sinks)] : [])],
      sharedKey: inputs.sharedKey,
    };
    try {
      const solved = await solve(node.client, request, signal, (status) =>
        events.append({ case: "progress", value: convertProgress(status, this.#name) }),
      );
      return { ...solved, provenance: await this.#provenance(signal) };
    } catch (cause) {
      throw this.#named(signal.aborted ? cause : await this.#explained(cause));
    }
  }

  async #provenance(signal: AbortSignal): Promise<RecordedProvenance[]> {
    const { spec, events } = this.#options;
    if (!spec.returnProvenance || this.plan.isCall) return [];
    try {
      const read = () => readProvenance(this.node.client, this.ref, signal);
      return await hostStep(events, "resolving provenance for metadata file", read, this.#name);
    } catch (cause) {
      // What was built is there all the same.
      if (signal.aborted) throw cause;
      await events.append({ case: "warning", value: provenanceWarning(cause) });
      return [];
    }
  }

  /** When the connection broke, that was because of the plugin, of the backend, or of BuildKit itself. */
  async #explained(cause: unknown): Promise<unknown> {
    const { lease, config } = this.node;
    if (ConnectError.from(cause).code !== Code.Unavailable) return cause;
    if (!lease.died.aborted) await new Promise((resolve) => setTimeout(resolve, diedWithinMs));
    return explainFailure(lease, config, cause, "BUILDKIT_LOST");
  }

  /** Name of the node; empty when it is the only one. */
  get #name(): string {
    return this.#options.others.length > 0 ? this.node.config.node : "";
  }

  #named(cause: unknown): unknown {
    return this.#name ? new NodeError(this.#name, cause) : cause;
  }
}

function provenanceWarning(cause: unknown): Diagnostic {
  return create(DiagnosticSchema, {
    severity: Severity.WARNING,
    reason: "PROVENANCE_UNAVAILABLE",
    field: "spec.return_provenance",
    message: `the provenance could not be read from BuildKit's history: ${ConnectError.from(cause).rawMessage}`,
  });
}

function isAnswered({ attributes, destination }: Export): boolean {
  return attributes.push === "true" || destination.kind === "layout";
}
