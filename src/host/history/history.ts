import { Code } from "@connectrpc/connect";
import { readStoredError } from "../../buildkit/full-solve-error.js";
import { typedError } from "../../errors/typed-error.js";
import { Content } from "../../gen/containerd/services/content/v1/content_pb.js";
import { BuildErrorSchema } from "../../gen/slipway/build/v1/build_error_pb.js";
import type { BuildProgress } from "../../gen/slipway/build/v1/build_progress_pb.js";
import type { Diagnostic } from "../../gen/slipway/common/v1/diagnostic_pb.js";
import type { HistoryLocalState, HistoryRecord } from "../../gen/slipway/v1/history_pb.js";
import type { User } from "../access/user.js";
import type { BuilderRegistry } from "../builders/registry.js";
import { withinTimeout } from "../builders/within-timeout.js";
import { buildError } from "../builds/build-error.js";
import { convertProgress } from "../builds/convert-progress.js";
import { OutputRedaction } from "../builds/redaction/output-redaction.js";
import type { Nodes } from "../nodes/nodes.js";
import type { BuildsState } from "../store/build-store.js";
import { attachmentsOf } from "./attachments.js";
import { dockerbuild } from "./export/dockerbuild.js";
import { finalizeTrace, otlpTrace } from "./export/trace.js";
import { parseFilters } from "./filters.js";
import { answerMs, type Found, HistoryNodes } from "./history-nodes.js";
import { choose, readReference } from "./reference.js";
import { removeRecords } from "./remove-records.js";
import { type RecordSelection, selectRecords } from "./select-records.js";

/** Names a record in the history of a builder. */
export interface RecordName {
  builder: string;
  user: User;
  /** A reference, "builder/node/reference", "^N" or empty; see {@link readReference}. */
  ref: string;
}

/** Which records to export, and how. */
export interface RecordExport extends RecordSelection {
  /** Waits for complete traces. */
  finalize: boolean;
  /** What the client knows, by "builder/node/reference". */
  localStates: Record<string, HistoryLocalState>;
}

/** The history that BuildKit keeps on the nodes of builders. */
export class History {
  readonly #registry: BuilderRegistry;
  readonly #nodes: HistoryNodes;

  constructor(registry: BuilderRegistry, nodes: Nodes, store: BuildsState) {
    this.#registry = registry;
    this.#nodes = new HistoryNodes(nodes, store);
  }

  /** The records of all running nodes, newest first, and why records of other nodes are missing. */
  async list(
    { builder, user, filters, limit }: Omit<RecordName, "ref"> & { filters: string[]; limit: number },
    signal: AbortSignal,
  ): Promise<{ records: HistoryRecord[]; diagnostics: Diagnostic[] }> {
    const isWanted = parseFilters(filters);
    const resolved = await this.#registry.resolve(builder, user);
    const { found, diagnostics, close } = await this.#nodes.open({ builder: resolved, user }, "", signal, {
      listsStopped: true,
    });
    await close();
    const records = found.map(({ record }) => record).filter(isWanted);
    return { records: limit > 0 ? records.slice(0, limit) : records, diagnostics };
  }

  /** One record with its attachments and the details of its error. */
  async get(name: RecordName, signal: AbortSignal): Promise<HistoryRecord> {
    return this.#with(name, signal, async ({ node, raw, record, redaction }) => {
      const limits = { signal, timeoutMs: answerMs };
      record.attachments = await withinTimeout(limits, (limit) => attachmentsOf(node.client, raw, limit));
      const digest = raw.externalError?.digest;
      // Without the details, the error lacks the source lines.
      const details =
        digest &&
        (await withinTimeout(limits, (limit) => readStoredError(node.client, digest, limit)).catch(
          () => undefined,
        ));
      if (details) record.error = redaction.message(BuildErrorSchema, buildError(details));
      return record;
    });
  }

  /** The progress of a build, until the build ends. */
  async *logs(name: RecordName, signal: AbortSignal): AsyncGenerator<BuildProgress> {
    const { found, close } = await this.#find(name, signal);
    const output = new OutputRedaction(found.redaction);
    try {
      for await (const status of found.node.client.control.status({ ref: found.raw.ref }, { signal })) {
        yield output.progress(convertProgress(status));
      }
      const held = output.end();
      if (held.logs.length > 0) yield held;
    } finally {
      await close();
    }
  }

  /** The bytes of an attachment. */
  async *attachment(name: RecordName, digest: string, signal: AbortSignal): AsyncGenerator<Uint8Array> {
    const { found, close } = await this.#find(name, signal);
    try {
      const { client } = found.node;
      const limits = { signal, timeoutMs: answerMs };
      const known = await withinTimeout(limits, (limit) => attachmentsOf(client, found.raw, limit));
      if (!known.some((attachment) => attachment.digest === digest)) {
        const message = `Build ${found.raw.ref} has no attachment ${JSON.stringify(digest)}.`;
        throw typedError({
          code: Code.NotFound,
          reason: "ATTACHMENT_UNKNOWN",
          message,
          remedy: "Call GetHistoryRecord to list the attachments.",
          fields: [{ field: "digest", message }],
        });
      }
      for await (const { data } of client.service(Content).read({ digest }, { signal })) yield data;
    } finally {
      await close();
    }
  }

  /** Removes records of builds that have ended, and returns "builder/node/reference" of each. Removes nothing when a named record does not exist. */
  remove(request: RecordSelection, signal: AbortSignal): Promise<string[]> {
    return removeRecords(this.#registry, this.#nodes, request, signal);
  }

  /** The trace of a build that has ended, as OTLP/JSON. */
  async trace(name: RecordName, signal: AbortSignal): Promise<Uint8Array> {
    return this.#with(name, signal, (found) => otlpTrace(found, signal));
  }

  /** The archive of records; see {@link dockerbuild}. Without a name it has the newest record. */
  async *export(
    { finalize, localStates, ...selection }: RecordExport,
    signal: AbortSignal,
  ): AsyncGenerator<Uint8Array> {
    const isNewest = !selection.all && selection.refs.length === 0;
    const wanted = { ...selection, refs: isNewest ? [""] : selection.refs };
    const { records, close } = await selectRecords(this.#registry, this.#nodes, wanted, signal);
    try {
      if (records.length === 0) throw noRecords();
      if (finalize) for (const found of records) await finalizeTrace(found, signal);
      const exported = records.map((found) => {
        const { builder, node, ref } = found.record;
        return { found, localState: localStates[`${builder}/${node}/${ref}`] };
      });
      yield* dockerbuild(exported, signal);
    } finally {
      await close();
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
    const parts = readReference(name.builder, name.ref);
    const { user } = name;
    const builder = await this.#registry.resolve(parts.builder, user);
    const { found, close } = await this.#nodes.open(
      { builder, user },
      parts.offset === undefined ? parts.ref : "",
      signal,
    );
    try {
      return { found: choose(found, parts, builder.name), close };
    } catch (cause) {
      await close();
      throw cause;
    }
  }
}

function noRecords() {
  return typedError({
    code: Code.NotFound,
    reason: "HISTORY_RECORD_UNKNOWN",
    message: "The builder has no records of builds that have ended.",
    remedy: "Call ListHistory to list the records. BuildKit removes old ones.",
  });
}
