import { Code } from "@connectrpc/connect";
import { typedError } from "../../errors/typed-error.js";
import type { Found } from "./history-nodes.js";

/** Identifies a record. */
export interface Reference {
  builder: string;
  node?: string;
  ref: string;
  /** Number of newer records; undefined for a named record. */
  offset?: number;
}

/**
 * Parses a record's name: a reference, "builder/node/reference", "^N", or an empty text for the newest record.
 * @param builder builder of the record, unless the text names one
 */
export function readReference(builder: string, text: string): Reference {
  const offset = text === "" ? 0 : Number(/^\^(\d+)$/.exec(text)?.[1] ?? Number.NaN);
  if (!Number.isNaN(offset)) return { builder, ref: text, offset };
  const parts = text.split("/");
  if (parts.length !== 3) return { builder, ref: text };
  return { builder: parts[0]!, node: parts[1]!, ref: parts[2]! };
}

/** Finds a record among a builder's records, newest first; NOT_FOUND, reason HISTORY_RECORD_UNKNOWN. */
export function choose(found: Found[], { ref, node, offset }: Reference, builder: string): Found {
  const chosen =
    offset !== undefined
      ? found[offset]
      : found.find(({ raw, record }) => raw.ref === ref && (!node || record.node === node));
  if (chosen) return chosen;
  const message =
    offset === undefined
      ? `No record found for ref ${JSON.stringify(ref)} in the history of builder ${builder}.`
      : `The history of builder ${builder} has ${found.length} records.`;
  throw typedError({
    code: Code.NotFound,
    reason: "HISTORY_RECORD_UNKNOWN",
    message,
    remedy: "Call ListHistory to list the records. BuildKit removes old ones.",
    fields: [{ field: "ref", message }],
  });
}
