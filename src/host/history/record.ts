import { create } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import type { BuildHistoryRecord } from "../../gen/moby/buildkit/v1/control_pb.js";
import { type HistoryRecord, HistoryRecordSchema, HistoryState } from "../../gen/slipway/v1/history_pb.js";
import { buildError } from "../builds/build-error.js";
import { shownAttributes } from "../builds/redaction/attributes.js";
import type { Redaction } from "../builds/redaction/redaction.js";
import { redactionOf } from "../builds/redaction/secrets.js";
import { recordName } from "./record-name.js";

/** Where a record was found. */
export interface RecordPlace {
  builder: string;
  node: string;
}

/** What the host knows of a build that it ran. */
export interface KnownBuild {
  id: string;
  displayName: string;
  /** Names of build arguments and attributes whose values are secret. */
  marked: readonly string[];
}

/** Masks the secrets of a build in the answers about its record. */
export function redactionOfRecord(
  { frontendAttrs }: BuildHistoryRecord,
  known: KnownBuild | undefined,
): Redaction {
  return redactionOf([frontendAttrs], known?.marked ?? []);
}

/** Translates BuildKit's record of a build. */
export function toRecord(
  record: BuildHistoryRecord,
  { builder, node }: RecordPlace,
  known: KnownBuild | undefined,
  redaction: Redaction,
): HistoryRecord {
  const { ref, frontend, frontendAttrs, exporterResponse, error, pinned } = record;
  const shown = create(HistoryRecordSchema, {
    ref,
    builder,
    node,
    name: known?.displayName ?? recordName(frontendAttrs),
    state: stateOf(record),
    startTime: record.createdAt,
    endTime: record.completedAt,
    frontend,
    frontendAttributes: shownAttributes(frontendAttrs, known?.marked ?? []),
    exporters: record.exporters.map(({ type, attrs }) => ({ type, attributes: attrs })),
    exporterResponse,
    error: error && buildError(new ConnectError(error.message, error.code || Code.Unknown)),
    totalStepCount: record.numTotalSteps,
    completedStepCount: record.numCompletedSteps,
    cachedStepCount: record.numCachedSteps,
    warningCount: record.numWarnings,
    pinned,
    build: known?.id,
  });
  return redaction.message(HistoryRecordSchema, shown);
}

function stateOf({ completedAt, error }: BuildHistoryRecord): HistoryState {
  if (!completedAt) return HistoryState.RUNNING;
  if (!error) return HistoryState.SUCCEEDED;
  return error.code === Code.Canceled || error.message.includes("context canceled")
    ? HistoryState.CANCELED
    : HistoryState.FAILED;
}
