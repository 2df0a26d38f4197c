import { Code } from "@connectrpc/connect";
import { typedError } from "../../errors/typed-error.js";
import { HistoryState } from "../../gen/slipway/v1/history_pb.js";
import type { User } from "../access/user.js";
import type { BuilderRegistry } from "../builders/registry.js";
import type { Found, HistoryNodes, OpenHistory } from "./history-nodes.js";
import { choose, readReference } from "./reference.js";

/** Which records to remove. */
export interface RemoveRecords {
  builder: string;
  user: User;
  /** Names of records; see {@link readReference}. */
  refs: string[];
  /** Removes all records of the builder; `refs` is empty then. */
  all: boolean;
}

/** Removes records of builds that have ended. Removes nothing when a named record does not exist. */
export async function removeRecords(
  registry: BuilderRegistry,
  nodes: HistoryNodes,
  { builder, user, refs, all }: RemoveRecords,
  signal: AbortSignal,
): Promise<string[]> {
  if (all === refs.length > 0) throw refsInvalid(all);
  const names = (all ? [""] : refs).map((ref) => readReference(builder, ref));
  const opened: OpenHistory[] = [];
  try {
    const chosen = new Map<string, Found>();
    for (const owner of new Set(names.map((name) => name.builder))) {
      const resolved = await registry.resolve(owner, user);
      const history = await nodes.open({ builder: resolved, user }, "", signal);
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
    return records.map(({ record: { builder, node, ref } }) => `${builder}/${node}/${ref}`);
  } finally {
    for (const history of opened) await history.close();
  }
}

function refsInvalid(all: boolean) {
  const message = all ? "All records are named, and also single ones." : "No record is named.";
  return typedError({
    code: Code.InvalidArgument,
    reason: "REFS_INVALID",
    message,
    remedy: "Name records, or set all.",
    fields: [{ field: "refs", message }],
  });
}
