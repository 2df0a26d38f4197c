import type { BuilderRegistry } from "../builders/registry.js";
import { withinTimeout } from "../builders/within-timeout.js";
import { answerMs, type HistoryNodes } from "./history-nodes.js";
import { type RecordSelection, refsInvalid, selectRecords } from "./select-records.js";

/** Removes records of builds that have ended. Removes nothing when a named record does not exist. */
export async function removeRecords(
  registry: BuilderRegistry,
  nodes: HistoryNodes,
  selection: RecordSelection,
  signal: AbortSignal,
): Promise<string[]> {
  if (!selection.all && selection.refs.length === 0) throw refsInvalid("No record is named.");
  const { records, close } = await selectRecords(registry, nodes, selection, signal);
  try {
    await Promise.all(
      records.map(({ node, raw }) =>
        withinTimeout({ signal, timeoutMs: answerMs }, (limit) =>
          node.client.control.updateBuildHistory({ ref: raw.ref, delete: true }, { signal: limit }),
        ),
      ),
    );
    return records.map(({ record: { builder, node, ref } }) => `${builder}/${node}/${ref}`);
  } finally {
    await close();
  }
}
