import { withHost } from "../host.js";
import { print } from "../output/print.js";

/** `slipway history rm` */
export async function runHistoryRm(
  refs: string[],
  flags: { builder?: string; all?: boolean },
): Promise<void> {
  const { removedRefs } = await withHost(({ history, environment }) =>
    history.deleteHistory({ builder: flags.builder, environment, refs, all: flags.all === true }),
  );
  print(removedRefs.map((ref) => `${ref}\n`).join(""));
}
