import { create, toBinary } from "@bufbuild/protobuf";
import { timestampMs } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError } from "@connectrpc/connect";
import { answerTooLarge } from "../../errors/answer-too-large.js";
import { readTypedError, typedError } from "../../errors/typed-error.js";
import {
  BuildHistoryEventType,
  type BuildHistoryRecord,
  BuildHistoryRecordSchema,
} from "../../gen/moby/buildkit/v1/control_pb.js";
import { type Diagnostic, DiagnosticSchema, Severity } from "../../gen/slipway/common/v1/diagnostic_pb.js";
import type { NodeConfig } from "../../gen/slipway/driver/v1/node_pb.js";
import type { BuilderRecord } from "../../gen/slipway/state/v1/builder_record_pb.js";
import type { HistoryRecord } from "../../gen/slipway/v1/history_pb.js";
import { sizeText } from "../../util/size-text.js";
import type { User } from "../access/user.js";
import { withinTimeout } from "../builders/within-timeout.js";
import type { Redaction } from "../builds/redaction/redaction.js";
import type { Nodes } from "../nodes/nodes.js";
import type { ReadyNode } from "../nodes/ready-node.js";
import { userOpenOptions } from "../nodes/user-open-options.js";
import type { BuildsState } from "../store/build-store.js";
import { type KnownBuild, redactionOfRecord, toRecord } from "./record.js";

/** Maximum size of a node's records, in bytes. BuildKit keeps 50 records by default, of a few KiB each. */
const maxRecordsBytes = 64 << 20;

/** How long a BuildKit may take to answer, in milliseconds. Its connection may be alive although it does not. */
export const answerMs = 30_000;

/** A record, and the open node that stores it. */
export interface Found {
  node: ReadyNode;
  raw: BuildHistoryRecord;
  record: HistoryRecord;
  /** Masks the secrets of the build. */
  redaction: Redaction;
}

/** The records of a builder's nodes. The nodes stay open until `close`. */
export interface OpenHistory {
  /** Newest first. */
  found: Found[];
  /** Why records of other nodes are missing. */
  diagnostics: Diagnostic[];
  close(): Promise<void>;
}

/** Whose history is read, and who reads it. */
export interface HistoryOwner {
  builder: BuilderRecord;
  user: User;
}

/** Opens the nodes of builders to read the history that their BuildKit keeps. */
export class HistoryNodes {
  readonly #nodes: Nodes;
  readonly #store: BuildsState;

  constructor(nodes: Nodes, store: BuildsState) {
    this.#nodes = nodes;
    this.#store = store;
  }

  /**
   * Opens the running nodes and lists their records. The caller closes the result. Throws when no node can be opened.
   * @param listsStopped a builder whose nodes do not run has an empty list and the reasons, and is no error
   */
  async open(
    owner: HistoryOwner,
    ref: string,
    signal: AbortSignal,
    { listsStopped = false } = {},
  ): Promise<OpenHistory> {
    const answers = await Promise.all(
      owner.builder.nodes.map((config) => this.#openNode(owner, config, ref, signal)),
    );
    const nodes = answers.flatMap(({ node }) => node ?? []);
    const close = async () => void (await Promise.all(nodes.map((node) => node.close())));
    const failures = answers.flatMap(({ failure }) => failure ?? []);
    const fatal = failures.find((failure) => !(listsStopped && isNotRunning(failure)));
    if (nodes.length === 0 && fatal) throw fatal;
    const time = ({ record }: Found) => (record.startTime ? timestampMs(record.startTime) : 0);
    return {
      found: answers.flatMap(({ found }) => found).sort((a, b) => time(b) - time(a)),
      diagnostics: failures.map(asDiagnostic),
      close,
    };
  }

  async #openNode(
    { builder, user }: HistoryOwner,
    config: NodeConfig,
    ref: string,
    signal: AbortSignal,
  ): Promise<{ node?: ReadyNode; found: Found[]; failure?: ConnectError }> {
    let node: ReadyNode | undefined;
    try {
      const { opened, records } = await withinTimeout({ signal, timeoutMs: answerMs }, async (limit) => {
        const how = { ...userOpenOptions(user), signal: limit };
        const opened = await this.#nodes.openIfRunning(builder.driver, config, how);
        if (!opened) throw notRunning(builder.name, config.node);
        try {
          const records = await recordsOf(opened, ref, limit);
          limit.throwIfAborted();
          return { opened, records };
        } catch (cause) {
          await opened.close();
          throw cause;
        }
      });
      node = opened;
      const place = { builder: builder.name, node: config.node };
      const found = await Promise.all(
        records.map(async (raw) => {
          const build = await this.#knownBuild(raw.ref);
          const redaction = redactionOfRecord(raw, build);
          return { node: opened, raw, record: toRecord(raw, place, build, redaction), redaction };
        }),
      );
      return { node, found };
    } catch (cause) {
      await node?.close();
      return { found: [], failure: ConnectError.from(cause) };
    }
  }

  /** What this host knows of a record, if the build was its own. */
  async #knownBuild(ref: string): Promise<KnownBuild | undefined> {
    const build = await this.#store.builds.ofReference(ref);
    return (
      build && { id: build.id, displayName: build.displayName, marked: build.spec?.sensitiveParameters ?? [] }
    );
  }
}

/** Each record of a node once, in its latest version. */
export async function recordsOf(
  node: ReadyNode,
  ref: string,
  signal: AbortSignal,
): Promise<BuildHistoryRecord[]> {
  const records = new Map<string, BuildHistoryRecord>();
  let bytes = 0;
  try {
    const events = node.client.control.listenBuildHistory({ ref, earlyExit: true }, { signal });
    for await (const { type, record } of events) {
      if (!record || type === BuildHistoryEventType.DELETED) continue;
      bytes += toBinary(BuildHistoryRecordSchema, record).length;
      if (bytes > maxRecordsBytes)
        throw answerTooLarge(`The history of node ${node.config.node}`, sizeText(maxRecordsBytes));
      records.set(record.ref, record);
    }
  } catch (cause) {
    const error = ConnectError.from(cause);
    // BuildKit reports a record that was just removed as deleted.
    if (ref && (error.code === Code.NotFound || /deleted/.test(error.rawMessage))) return [];
    throw error.code === Code.Unimplemented ? unsupported(node.config.node) : error;
  }
  return [...records.values()];
}

function isNotRunning(failure: ConnectError): boolean {
  return readTypedError(failure).reason === "NODE_NOT_RUNNING";
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
      "Use BuildKit 0.11 or later, or Docker Engine 23.0 or later. Call ListBuilds to list this host's own builds.",
    metadata: { node },
  });
}

function asDiagnostic(failure: ConnectError): Diagnostic {
  const { reason, message, remedy } = readTypedError(failure);
  return create(DiagnosticSchema, { severity: Severity.WARNING, reason, message, remedy });
}
