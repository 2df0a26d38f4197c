import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { timestampNow } from "@bufbuild/protobuf/wkt";
import type { Diagnostic } from "../../gen/slipway/common/v1/diagnostic_pb.js";
import { BuildEventSchema, type NodeBootstrap } from "../../gen/slipway/v1/build_event_pb.js";
import type {
  BootstrapBuilderRequestSchema,
  BootstrappedBuilder,
  BuilderInstance,
} from "../../gen/slipway/v1/builder_pb.js";
import type { Host } from "../host.js";
import { BootProgress } from "../progress/host-progress.js";
import { openDisplay, type ProgressMode } from "../progress/open-display.js";
import { ProgressRunner } from "../progress/progress-runner.js";

/** Boots the nodes of a builder, with progress on stderr, and returns the booted builder. */
export async function bootstrap(
  { builders, environment }: Host,
  request: MessageInitShape<typeof BootstrapBuilderRequestSchema>,
): Promise<{ builder: BuilderInstance; diagnostics: Diagnostic[] }> {
  const boots = await BootDisplay.open(process.stderr.isTTY ? "tty" : "plain");
  try {
    let booted: BootstrappedBuilder | undefined;
    for await (const { event } of builders.bootstrapBuilder({ environment, ...request })) {
      if (event.case === "progress") boots.update(event.value);
      if (event.case === "booted") booted = event.value;
    }
    boots.end();
    return { builder: booted!.builder!, diagnostics: booted!.diagnostics };
  } finally {
    boots.close();
  }
}

/** Shows boots of nodes as steps. */
export class BootDisplay {
  readonly #boot = new BootProgress();
  readonly #nodes = new Set<string>();

  private constructor(private readonly runner: ProgressRunner) {}

  static async open(mode: ProgressMode): Promise<BootDisplay> {
    return new BootDisplay(new ProgressRunner(await openDisplay(mode)));
  }

  /** Shows progress of a node's boot. */
  update(value: NodeBootstrap): void {
    this.#nodes.add(value.node);
    const event = create(BuildEventSchema, { time: timestampNow(), event: { case: "bootstrap", value } });
    const change = this.#boot.take(event);
    if (change) this.runner.update(change);
  }

  /** Shows that all nodes have booted. */
  end(): void {
    for (const node of this.#nodes) {
      const change = this.#boot.end(node, timestampNow());
      if (change) this.runner.update(change);
    }
  }

  close(): void {
    this.runner.close();
  }
}
