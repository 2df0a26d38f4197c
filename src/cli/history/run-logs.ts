import { withHost } from "../host.js";
import { chooseProgress, openDisplay } from "../progress/open-display.js";
import { ProgressRunner } from "../progress/progress-runner.js";

/** `slipway history logs` */
export async function runHistoryLogs(
  ref: string | undefined,
  flags: { builder?: string; progress: string },
): Promise<void> {
  const { mode } = chooseProgress(flags, { env: {}, isTerminal: process.stderr.isTTY === true });
  await withHost(async ({ history, environment }) => {
    const name = { builder: flags.builder, environment, ref };
    // Opens the display after the first response, so that an unknown record opens none.
    const responses = history.watchHistoryLogs(name)[Symbol.asyncIterator]();
    let next = await responses.next();
    const runner = new ProgressRunner(await openDisplay(mode));
    try {
      for (; !next.done; next = await responses.next())
        if (next.value.progress) runner.update(next.value.progress);
    } finally {
      runner.close();
    }
  });
}
