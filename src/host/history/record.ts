import { create } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import type { BuildHistoryRecord } from "../../gen/moby/buildkit/v1/control_pb.js";
import { type HistoryRecord, HistoryRecordSchema, HistoryState } from "../../gen/slipway/v1/history_pb.js";
import { buildError } from "../builds/build-error.js";
import { recordName } from "./record-name.js";
import { withoutCredentials } from "./without-credentials.js";

/** Where a record was found. */
export interface RecordPlace {
  builder: string;
  node: string;
}

/**
 * Translates BuildKit's record of a build.
 * @param name name of the build, if this host ran it
 */
export function toRecord(
  record: BuildHistoryRecord,
  { builder, node }: RecordPlace,
  name: string | undefined,
): HistoryRecord {
  const { ref, frontend, frontendAttrs, exporterResponse, error, pinned } = record;
  return create(HistoryRecordSchema, {
    ref,
    builder,
    node,
    name: name ?? recordName(frontendAttrs),
    state: stateOf(record),
    createTime: record.createdAt,
    completeTime: record.completedAt,
    frontend,
    frontendAttributes: withoutCredentials(frontendAttrs),
    exporters: record.exporters.map(({ type, attrs }) => ({ type, attributes: attrs })),
    exporterResponse,
    error: error && buildError(new ConnectError(error.message, error.code || Code.Unknown)),
    totalSteps: record.numTotalSteps,
    completedSteps: record.numCompletedSteps,
    cachedSteps: record.numCachedSteps,
    warnings: record.numWarnings,
    pinned,
  });
}

function stateOf({ completedAt, error }: BuildHistoryRecord): HistoryState {
  if (!completedAt) return HistoryState.RUNNING;
  if (!error) return HistoryState.COMPLETED;
  return error.code === Code.Canceled || error.message.includes("context canceled")
    ? HistoryState.CANCELED
    : HistoryState.ERROR;
}
