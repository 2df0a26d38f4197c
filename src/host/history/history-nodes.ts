import { create } from "@bufbuild/protobuf";
import { timestampMs } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError } from "@connectrpc/connect";
import { readTypedError, typedError } from "../../errors/typed-error.js";
import { BuildHistoryEventType, type BuildHistoryRecord } from "../../gen/moby/buildkit/v1/control_pb.js";
import { type Diagnostic, DiagnosticSchema, Severity } from "../../gen/slipway/driver/v1/diagnostic_pb.js";
import type { NodeConfig } from "../../gen/slipway/driver/v1/node_pb.js";
import type { BuilderInstance } from "../../gen/slipway/v1/builder_pb.js";
import type { HistoryRecord } from "../../gen/slipway/v1/history_pb.js";
import { configsOf } from "../nodes/node-configs.js";
import type { Nodes } from "../nodes/nodes.js";
import type { ReadyNode } from "../nodes/ready-node.js";
import type { Store } from "../store/store.js";
import { toRecord } from "./record.js";

/** A record, and the open node that stores it. */
export interface Found {
  node: ReadyNode;
  raw: BuildHistoryRecord;
  record: HistoryRecord;
}

/** The records of a builder's nodes. The nodes stay open until `close`. */
export interface OpenHistory {
  /** Newest first. */
  found: Found[];
  /** Why records of other nodes are missing. */
  diagnostics: Diagnostic[];
  close(): Promise<void>;
}

/** Opens the nodes of builders to read the history that their BuildKit keeps. */
export class HistoryNodes {
  readonly #nodes: Nodes;
  readonly #store: Store;

  constructor(nodes: Nodes, store: Store) {
    this.#nodes = nodes;
    this.#store = store;
  }

  /** Opens the running nodes and lists their records. The caller closes the result. */
  async open(builder: BuilderInstance, ref: string, signal: AbortSignal): Promise<OpenHistory> {
    const names = this.#namesOfBuilds();
    const answers = await Promise.all(
      configsOf(builder).map((config) => this.#openNode(builder, config, ref, names, signal)),
    );
    const nodes = answers.flatMap(({ node }) => node ?? []);
    const close = async () => void (await Promise.all(nodes.map((node) => node.close())));
    const failures = answers.flatMap(({ failure }) => failure ?? []);
    if (nodes.length === 0 && failures[0]) throw failures[0];
    const time = ({ record }: Found) => (record.createTime ? timestampMs(record.createTime) : 0);
    return {
      found: answers.flatMap(({ found }) => found).sort((a, b) => time(b) - time(a)),
      diagnostics: failures.map(asDiagnostic),
      close,
    };
  }

  async #openNode(
    builder: BuilderInstance,
    config: NodeConfig,
    ref: string,
    names: ReadonlyMap<string, string>,
    signal: AbortSignal,
  ): Promise<{ node?: ReadyNode; found: Found[]; failure?: ConnectError }> {
    let node: ReadyNode | undefined;
    try {
      const opened = await this.#nodes.openIfRunning(builder.driver, config, { signal });
      if (!opened) throw notRunning(builder.name, config.node);
      node = opened;
      const records = await recordsOf(opened, ref, signal);
      const place = { builder: builder.name, node: config.node };
      const found = records.map((raw) => ({
        node: opened,
        raw,
        record: toRecord(raw, place, names.get(raw.ref)),
      }));
      return { node, found };
    } catch (cause) {
      await node?.close();
      return { found: [], failure: ConnectError.from(cause) };
    }
  }

  /** Names of this host's own builds, by reference. */
  #namesOfBuilds(): Map<string, string> {
    const entries = [...this.#store.builds()].flatMap(({ refs, displayName }) =>
      refs.map((ref): [string, string] => [ref, displayName]),
    );
    return new Map(entries);
  }
}

/** Each record once, in its latest version. */
async function recordsOf(node: ReadyNode, ref: string, signal: AbortSignal): Promise<BuildHistoryRecord[]> {
  const records = new Map<string, BuildHistoryRecord>();
  try {
    const events = node.client.control.listenBuildHistory({ ref, earlyExit: true }, { signal });
    for await (const { type, record } of events) {
      if (record && type !== BuildHistoryEventType.DELETED) records.set(record.ref, record);
    }
  } catch (cause) {
    const error = ConnectError.from(cause);
    // BuildKit reports a record that was just removed as deleted.
    if (ref && (error.code === Code.NotFound || /deleted/.test(error.rawMessage))) return [];
    throw error.code === Code.Unimplemented ? unsupported(node.config.node) : error;
  }
  return [...records.values()];
}

function notRunning(builder: string, node: string): ConnectError {
  return typedError({
    code: Code.Unavailable,
    reason: "NODE_NOT_RUNNING",
    message: `Node ${node} of builder ${builder} does not run.`,
    remedy: `Boot builder ${builder}.`,
    metadata: { node },
  });
}

function unsupported(node: string): ConnectError {
  return typedError({
    code: Code.FailedPrecondition,
    reason: "HISTORY_UNSUPPORTED",
    message: `The BuildKit of node ${node} keeps no history of builds.`,
    remedy:
      "Use BuildKit 0.11 or later, or Docker Engine 23.0 or later. `slipway builds` lists this host's own builds.",
    metadata: { node },
  });
}

function asDiagnostic(failure: ConnectError): Diagnostic {
  const { reason, message, remedy } = readTypedError(failure);
  return create(DiagnosticSchema, { severity: Severity.WARNING, reason, message, remedy });
}
