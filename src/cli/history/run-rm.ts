import { withHost } from "../host.js";
import { recordRef } from "./records.js";

/** `slipway history rm` */
export async function runHistoryRm(
  refs: string[],
  flags: { builder?: string; all?: boolean },
): Promise<void> {
  const { removed } = await withHost(({ history, environment }) =>
    history.deleteHistory({ builder: flags.builder, environment, refs, all: flags.all === true }),
  );
  process.stdout.write(removed.map((record) => `${recordRef(record)}\n`).join(""));
}
