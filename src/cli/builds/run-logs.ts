import { watchBuild } from "../../client/watch-build.js";
import type { BuildEvent } from "../../gen/slipway/v1/build_event_pb.js";
import { BuildProgressView } from "../build/build-progress.js";
import { BuildFailure } from "../command-error.js";
import { withHost } from "../host.js";
import { chooseProgress } from "../progress/open-display.js";

/** `slipway builds logs`: shows the progress of a build from its beginning, and fails if the build failed. */
export async function runBuildsLogs(id: string, flags: { progress: string; debug?: boolean }): Promise<void> {
  const { mode } = chooseProgress(flags, { env: process.env, isTerminal: process.stderr.isTTY === true });
  await withHost(async (host) => {
    const view = await BuildProgressView.open(mode, { debug: flags.debug });
    let last: BuildEvent["event"] | undefined;
    let wasStarted = false;
    try {
      for await (const event of watchBuild(host, id)) {
        view.show(event);
        last = event.event;
        wasStarted ||= last.case === "started";
      }
    } finally {
      view.close();
    }
    if (last?.case === "finished" && last.value.error) throw new BuildFailure(last.value.error, wasStarted);
  });
}
