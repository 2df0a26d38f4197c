import { create } from "@bufbuild/protobuf";
import { timestampMs } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError } from "@connectrpc/connect";
import { readStoredError } from "../../buildkit/full-solve-error.js";
import { readTypedError, typedError } from "../../errors.js";
import { Content } from "../../gen/containerd/services/content/v1/content_pb.js";
import { BuildHistoryEventType, type BuildHistoryRecord } from "../../gen/moby/buildkit/v1/control_pb.js";
import { type Diagnostic, DiagnosticSchema, Severity } from "../../gen/slipway/driver/v1/diagnostic_pb.js";
import type { NodeConfig } from "../../gen/slipway/driver/v1/node_pb.js";
import type { BuildProgress } from "../../gen/slipway/v1/build_event_pb.js";
import type { BuilderInstance } from "../../gen/slipway/v1/builder_pb.js";
import { type HistoryRecord, HistoryState } from "../../gen/slipway/v1/history_pb.js";
import { configsOf } from "../builders/node-configs.js";
import type { Nodes, ReadyNode } from "../builders/nodes.js";
import type { BuilderRegistry } from "../builders/registry.js";
import type { User } from "../builders/user.js";
import { buildError } from "../builds/build-error.js";
import { convertProgress } from "../builds/convert-progress.js";
import type { Store } from "../store/store.js";
import { attachmentsOf } from "./attachments.js";
import { parseFilters } from "./filters.js";
import { toRecord } from "./record.js";

/** Whose history, and which record of it. */
export interface RecordName {
  builder: string;
  user: User;
  /** As the API takes it: a reference, "builder/node/reference", "^N" or empty. */
  ref: string;
}

/** A record, and the open node that has it. */
interface Found {
  node: ReadyNode;
  raw: BuildHistoryRecord;
  record: HistoryRecord;
}

/** The history that BuildKit keeps on the nodes of builders. */
export class History {
  readonly #registry: BuilderRegistry;
  readonly #nodes: Nodes;
  readonly #store: Store;

  constructor(registry: BuilderRegistry, nodes: Nodes, store: Store) {
    this.#registry = registry;
    this.#nodes = nodes;
    this.#store = store;
  }

  /** The records of all nodes that run, the newest first, and why those of others are missing. */
  async list(
    { builder, user, filters, limit }: Omit<RecordName, "ref"> & { filters: string[]; limit: number },
    signal: AbortSignal,
  ): Promise<{ records: HistoryRecord[]; diagnostics: Diagnostic[] }> {
    const isWanted = parseFilters(filters);
    const { found, diagnostics, close } = await this.#open(
      await this.#registry.resolve(builder, user),
      "",
      signal,
    );
    await close();
    const records = found.map(({ record }) => record).filter(isWanted);
    return { records: limit > 0 ? records.slice(0, limit) : records, diagnostics };
  }

  /** One record with its attachments and the details of its error. */
  async get(name: RecordName, signal: AbortSignal): Promise<HistoryRecord> {
    return this.#with(name, signal, async ({ node, raw, record }) => {
      record.attachments = await attachmentsOf(node.client, raw, signal);
      const digest = raw.externalError?.digest;
      // Without it the error is told without the lines that it is about.
      const details = digest && (await readStoredError(node.client, digest, signal).catch(() => undefined));
      if (details) record.error = buildError(details);
      return record;
    });
  }

  /** The progress of a build; goes on until it ends. */
  async *logs(name: RecordName, signal: AbortSignal): AsyncGenerator<BuildProgress> {
    const { found, close } = await this.#find(name, signal);
    try {
      for await (const status of found.node.client.control.status({ ref: found.raw.ref }, { signal })) {
        yield convertProgress(status);
      }
    } finally {
      await close();
    }
  }

  /** The bytes of an attachment. */
  async *attachment(name: RecordName, digest: string, signal: AbortSignal): AsyncGenerator<Uint8Array> {
    const { found, close } = await this.#find(name, signal);
    try {
      const { client } = found.node;
      const known = await attachmentsOf(client, found.raw, signal);
      if (!known.some((attachment) => attachment.digest === digest)) {
        const message = `build ${found.raw.ref} has no attachment ${JSON.stringify(digest)}`;
        throw typedError({
          code: Code.NotFound,
          reason: "ATTACHMENT_UNKNOWN",
          message,
          remedy: "see those it has with `slipway history inspect`",
          fields: [{ field: "digest", message }],
        });
      }
      for await (const { data } of client.service(Content).read({ digest }, { signal })) yield data;
    } finally {
      await close();
    }
  }

  /** Removes records of builds that have ended; all those named exist, or nothing is removed. */
  async remove(
    { builder, user, refs, all }: Omit<RecordName, "ref"> & { refs: string[]; all: boolean },
    signal: AbortSignal,
  ): Promise<HistoryRecord[]> {
    if (all === refs.length > 0) {
      const message = all ? "all records are to be removed, and some" : "no record is named";
      throw typedError({
        code: Code.InvalidArgument,
        reason: "REFS_INVALID",
        message,
        remedy: "name records, or take all",
        fields: [{ field: "refs", message }],
      });
    }
    const names = (all ? [""] : refs).map((ref) => readName(builder, ref));
    const opened: Opened[] = [];
    try {
      const chosen = new Map<string, Found>();
      for (const owner of new Set(names.map((name) => name.builder))) {
        const resolved = await this.#registry.resolve(owner, user);
        const history = await this.#open(resolved, "", signal);
        opened.push(history);
        const ended = history.found.filter(({ record }) => record.state !== HistoryState.RUNNING);
        const wanted = all
          ? ended
          : names.filter((name) => name.builder === owner).map((name) => choose(ended, name, resolved.name));
        for (const found of wanted) chosen.set(`${found.record.node} ${found.raw.ref}`, found);
      }
      const records = [...chosen.values()];
      await Promise.all(
        records.map(({ node, raw }) =>
          node.client.control.updateBuildHistory({ ref: raw.ref, delete: true }, { signal }),
        ),
      );
      return records.map(({ record }) => record);
    } finally {
      for (const history of opened) await history.close();
    }
  }

  async #with<T>(name: RecordName, signal: AbortSignal, use: (found: Found) => Promise<T>): Promise<T> {
    const { found, close } = await this.#find(name, signal);
    try {
      return await use(found);
    } finally {
      await close();
    }
  }

  async #find(name: RecordName, signal: AbortSignal): Promise<{ found: Found; close(): Promise<void> }> {
    const parts = readName(name.builder, name.ref);
    const builder = await this.#registry.resolve(parts.builder, name.user);
    const { found, close } = await this.#open(builder, parts.offset === undefined ? parts.ref : "", signal);
    try {
      return { found: choose(found, parts, builder.name), close };
    } catch (cause) {
      await close();
      throw cause;
    }
  }

  /** Opens the nodes that run, and lists their records; the caller closes them. */
  async #open(builder: BuilderInstance, ref: string, signal: AbortSignal): Promise<Opened> {
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

  /** The names of this host's own builds by their references. */
  #namesOfBuilds(): Map<string, string> {
    const entries = [...this.#store.builds()].flatMap(({ refs, displayName }) =>
      refs.map((ref): [string, string] => [ref, displayName]),
    );
    return new Map(entries);
  }
}

interface Opened {
  found: Found[];
  diagnostics: Diagnostic[];
  close(): Promise<void>;
}

/** Each record once, in its newest form. */
async function recordsOf(node: ReadyNode, ref: string, signal: AbortSignal): Promise<BuildHistoryRecord[]> {
  const records = new Map<string, BuildHistoryRecord>();
  try {
    const events = node.client.control.listenBuildHistory({ ref, earlyExit: true }, { signal });
    for await (const { type, record } of events) {
      if (record && type !== BuildHistoryEventType.DELETED) records.set(record.ref, record);
    }
  } catch (cause) {
    const error = ConnectError.from(cause);
    // A record that was removed a moment ago is still known to have existed.
    if (ref && (error.code === Code.NotFound || /deleted/.test(error.rawMessage))) return [];
    throw error.code === Code.Unimplemented ? unsupported(node.config.node) : error;
  }
  return [...records.values()];
}

interface NameParts {
  builder: string;
  node?: string;
  ref: string;
  /** How many newer ones there are; undefined when the record is named. */
  offset?: number;
}

function readName(builder: string, text: string): NameParts {
  const offset = text === "" ? 0 : Number(/^\^(\d+)$/.exec(text)?.[1] ?? Number.NaN);
  if (!Number.isNaN(offset)) return { builder, ref: text, offset };
  const parts = text.split("/");
  if (parts.length !== 3) return { builder, ref: text };
  return { builder: parts[0]!, node: parts[1]!, ref: parts[2]! };
}

function choose(found: Found[], { ref, node, offset }: NameParts, builder: string): Found {
  const chosen =
    offset !== undefined
      ? found[offset]
      : found.find(({ raw, record }) => raw.ref === ref && (!node || record.node === node));
  if (chosen) return chosen;
  const message =
    offset === undefined
      ? `no record found for ref ${JSON.stringify(ref)} in the history of builder ${builder}`
      : `the history of builder ${builder} has ${found.length} records`;
  throw typedError({
    code: Code.NotFound,
    reason: "HISTORY_RECORD_UNKNOWN",
    message,
    remedy: "see `slipway history ls`; BuildKit forgets old builds",
    fields: [{ field: "ref", message }],
  });
}

function notRunning(builder: string, node: string): ConnectError {
  return typedError({
    code: Code.Unavailable,
    reason: "NODE_NOT_RUNNING",
    message: `node ${node} of builder ${builder} does not run`,
    remedy: `start it with \`slipway inspect --bootstrap ${builder}\``,
    metadata: { node },
  });
}

function unsupported(node: string): ConnectError {
  return typedError({
    code: Code.FailedPrecondition,
    reason: "HISTORY_UNSUPPORTED",
    message: `the BuildKit of node ${node} keeps no history of builds`,
    remedy:
      "use BuildKit 0.11, or Docker Engine 23.0, or newer; `slipway builds` lists this host's own builds",
    metadata: { node },
  });
}

function asDiagnostic(failure: ConnectError): Diagnostic {
  const { reason, message, remedy } = readTypedError(failure);
  return create(DiagnosticSchema, { severity: Severity.WARNING, reason, message, remedy });
}
