import { encodeError, readTypedError } from "../../errors/typed-error.js";
import type { BuilderRecord } from "../../gen/slipway/state/v1/builder_record_pb.js";
import { requireCapability } from "../../plugin-client/require-capability.js";
import { capabilityIds } from "../../plugin-protocol/capabilities.js";
import { withPeriod } from "../../util/with-period.js";
import type { Nodes } from "../nodes/nodes.js";
import type { PluginManager } from "../plugins/plugin-manager.js";
import type { PluginUse } from "../plugins/plugin-use.js";

/** Stops all nodes of a builder concurrently. FAILED_PRECONDITION, reason CAPABILITY_UNSUPPORTED, when the driver cannot. */
export async function stopBuilder(
  { plugins, nodes }: { plugins: PluginManager; nodes: Nodes },
  builder: BuilderRecord,
  signal: AbortSignal,
): Promise<void> {
  const plugin = await plugins.use(builder.driver);
  try {
    requireCapability(plugin.descriptor, capabilityIds.stopBuilders, {
      message: `Builder ${builder.name} cannot be stopped`,
      remedy: "Stop the backend itself; this driver does not start it.",
    });
    await Promise.all(builder.nodes.map((config) => nodes.forget(builder.driver, config)));
    await stopNodes(plugin, builder, signal);
  } finally {
    plugin.release();
  }
}

async function stopNodes(plugin: PluginUse, builder: BuilderRecord, signal: AbortSignal): Promise<void> {
  const configs = builder.nodes;
  const stops = configs.map((config) => plugin.driver.stop({ driver: builder.driver, config }, { signal }));
  const failed = (await Promise.allSettled(stops)).flatMap((outcome, index) =>
    outcome.status === "rejected" ? [{ node: configs[index]!.node, cause: outcome.reason }] : [],
  );
  if (failed.length === 0) return;
  const { code, reason, remedy } = readTypedError(failed[0]!.cause);
  const fields = failed.map(({ node, cause }) => ({
    field: `nodes[${node}]`,
    message: readTypedError(cause).message,
  }));
  const message = `Not all nodes of builder ${builder.name} could be stopped. ${fields.map((f) => withPeriod(f.message)).join(" ")}`;
  throw encodeError({ code, reason, remedy, message, fields });
}
