import { Code } from "@connectrpc/connect";
import { typedError } from "../../errors/typed-error.js";
import type { Found } from "./history-nodes.js";

/** Which record is meant. */
export interface Reference {
  builder: string;
  node?: string;
  ref: string;
  /** How many newer ones there are; undefined when the record is named. */
  offset?: number;
}

/**
 * Reads what the API takes for a record: a reference, "builder/node/reference", "^N" or nothing for the newest.
 * @param builder the builder that is meant unless the text names one
 */
export function readReference(builder: string, text: string): Reference {
  const offset = text === "" ? 0 : Number(/^\^(\d+)$/.exec(text)?.[1] ?? Number.NaN);
  if (!Number.isNaN(offset)) return { builder, ref: text, offset };
  const parts = text.split("/");
  if (parts.length !== 3) return { builder, ref: text };
  return { builder: parts[0]!, node: parts[1]!, ref: parts[2]! };
}

/** The record that is meant, of a builder's, the newest first; NOT_FOUND, reason HISTORY_RECORD_UNKNOWN. */
export function choose(found: Found[], { ref, node, offset }: Reference, builder: string): Found {
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
