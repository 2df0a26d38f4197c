import { encodeError, readTypedError } from "../../errors/typed-error.js";
import type { BuilderInstance } from "../../gen/slipway/v1/builder_pb.js";
import { requireCapability } from "../../plugin-client/require-capability.js";
import { capabilityIds } from "../../plugin-protocol/capabilities.js";
import { withPeriod } from "../../util/with-period.js";
import { configsOf } from "../nodes/node-configs.js";
import type { DriverLease, PluginManager } from "../plugins/plugin-manager.js";

/** Stops all nodes of a builder concurrently. FAILED_PRECONDITION, reason UNSUPPORTED, when the driver cannot. */
export async function stopBuilder(
  plugins: PluginManager,
  builder: BuilderInstance,
  signal: AbortSignal,
): Promise<void> {
  const lease = await plugins.use(builder.driver);
  try {
    requireCapability(lease.descriptor, capabilityIds.stopBuilders, {
      message: `Builder ${builder.name} cannot be stopped`,
      remedy: "Stop the backend itself; this driver does not start it.",
    });
    await stopNodes(lease, builder, signal);
  } finally {
    lease.release();
  }
}

async function stopNodes(lease: DriverLease, builder: BuilderInstance, signal: AbortSignal): Promise<void> {
  const configs = configsOf(builder);
  const stops = configs.map((config) => lease.driver.stop({ driver: builder.driver, config }, { signal }));
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
