import { Code, type ConnectError } from "@connectrpc/connect";
import { typedError } from "../../errors/typed-error.js";
import { HistoryState } from "../../gen/slipway/v1/history_pb.js";
import type { User } from "../access/user.js";
import type { BuilderRegistry } from "../builders/registry.js";
import type { Found, HistoryNodes, OpenHistory } from "./history-nodes.js";
import { choose, readReference } from "./reference.js";

/** Names records of builds that have ended. */
export interface RecordSelection {
  builder: string;
  user: User;
  /** Names of records; see {@link readReference}. */
  refs: string[];
  /** All records of the builder; `refs` is empty then. */
  all: boolean;
}

/** Selected records. Their nodes stay open until `close`. */
export interface SelectedRecords {
  /** Each record once, in the order of its names; for `all` the newest first. */
  records: Found[];
  close(): Promise<void>;
}

/** Opens the builders of records, and finds the records. INVALID_ARGUMENT, reason REFS_INVALID; NOT_FOUND. */
export async function selectRecords(
  registry: BuilderRegistry,
  nodes: HistoryNodes,
  { builder, user, refs, all }: RecordSelection,
  signal: AbortSignal,
): Promise<SelectedRecords> {
  if (all && refs.length > 0) throw refsInvalid("All records are named, and also single ones.");
  const names = (all ? [""] : refs).map((ref) => readReference(builder, ref));
  const opened = new Map<string, { history: OpenHistory; ended: Found[]; name: string }>();
  const close = async () => {
    for (const { history } of opened.values()) await history.close();
  };
  try {
    for (const owner of new Set(names.map((name) => name.builder))) {
      const resolved = await registry.resolve(owner, user);
      const history = await nodes.open({ builder: resolved, user }, "", signal);
      const ended = history.found.filter(({ record }) => record.state !== HistoryState.RUNNING);
      opened.set(owner, { history, ended, name: resolved.name });
    }
    const chosen = names.flatMap((reference) => {
      const { ended, name } = opened.get(reference.builder)!;
      return all ? ended : choose(ended, reference, name);
    });
    const byNode = new Map(chosen.map((found) => [`${found.record.node} ${found.raw.ref}`, found]));
    return { records: [...byNode.values()], close };
  } catch (cause) {
    await close();
    throw cause;
  }
}

/** INVALID_ARGUMENT: the field `refs` does not say which records. */
export function refsInvalid(message: string): ConnectError {
  return typedError({
    code: Code.InvalidArgument,
    reason: "REFS_INVALID",
    message,
    remedy: "Name records, or set all.",
    fields: [{ field: "refs", message }],
  });
}
