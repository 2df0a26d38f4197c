import { create } from "@bufbuild/protobuf";
import { timestampNow } from "@bufbuild/protobuf/wkt";
import { BuildEventSchema, NodeBootstrapSchema } from "../../gen/slipway/v1/build_event_pb.js";
import type { Builder } from "../../gen/slipway/v1/builder_pb.js";
import type { Host } from "../host.js";
import { BootProgress } from "../progress/host-progress.js";
import { openDisplay } from "../progress/open-display.js";
import { ProgressRunner } from "../progress/progress-runner.js";

/** Makes all nodes of a builder run, with progress on stderr, and returns the builder as it then is. */
export async function bootstrap({ builders, environment }: Host, name: string): Promise<Builder> {
  const runner = new ProgressRunner(await openDisplay(process.stderr.isTTY ? "tty" : "plain"));
  const boot = new BootProgress();
  const nodes = new Set<string>();
  let builder: Builder | undefined;
  try {
    for await (const response of builders.bootstrapBuilder({ name, environment })) {
      builder = response.builder ?? builder;
      if (!response.progress) continue;
      nodes.add(response.node);
      const value = create(NodeBootstrapSchema, { node: response.node, progress: response.progress });
      const event = create(BuildEventSchema, { time: timestampNow(), event: { case: "bootstrap", value } });
      const change = boot.take(event);
      if (change) runner.update(change);
    }
    for (const node of nodes) {
      const change = boot.end(node, timestampNow());
      if (change) runner.update(change);
    }
  } finally {
    runner.close();
  }
  return builder!;
}
