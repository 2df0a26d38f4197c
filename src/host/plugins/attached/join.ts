import type { HandshakeResponse } from "../../../gen/slipway/driver/v1/driver_pb.js";
import { PluginConnection } from "../../../plugin-client/plugin-connection.js";
import { isDriverName, pluginName } from "../../../plugin-protocol/names.js";
import type { Reattach } from "../../../plugin-protocol/reattach.js";
import type { Log } from "../../base/log.js";
import { ForeignProcess } from "../foreign-process.js";
import { type HostIdentity, open, requestHandshake } from "../handshake.js";
import { StartError } from "../plugin-errors.js";
import { RunningPlugin } from "../running-plugin.js";
import { attachFailed } from "./attach-errors.js";
import { checkReattach } from "./check-reattach.js";

const afterLoss =
  "Start the plugin again and attach it. Until then an installed plugin with the same drivers is used, if there is one.";

/** Connects to a plugin that its author runs. There is no time limit: the plugin may be at a breakpoint. */
export async function joinAttached(
  reattach: Reattach,
  { log, ...hostIdentity }: HostIdentity & { log: Log },
  signal: AbortSignal,
): Promise<RunningPlugin> {
  const address = await checkReattach(reattach);
  let connection: PluginConnection | undefined;
  try {
    connection = await PluginConnection.connectPlain(address, signal);
    const handshake = await requestHandshake(connection, hostIdentity, signal);
    const process = new ForeignProcess(nameOf(handshake), log, afterLoss, reattach.pid);
    const running = new RunningPlugin(nameOf(handshake), process, connection, undefined, 0);
    open(running, connection, handshake, hostIdentity.meter);
    return running;
  } catch (cause) {
    connection?.close();
    signal.throwIfAborted();
    const error =
      cause instanceof StartError
        ? cause
        : new StartError("PLUGIN_UNREACHABLE", (cause as Error).message, { cause });
    throw attachFailed(reattach.address, error);
  }
}

/** There is no manifest, so the plugin says who it is. */
function nameOf({ plugin, drivers }: HandshakeResponse): string {
  const name = plugin?.peer?.name ?? "";
  const names = drivers.map((driver) => driver.name);
  const problem = !pluginName.test(name)
    ? `its name ${JSON.stringify(name)} has other characters than lower case letters, digits, dots and dashes`
    : names.length === 0 || !names.every(isDriverName) || new Set(names).size < names.length
      ? `it reports the drivers ${JSON.stringify(names)}, which must be different names in lower case`
      : undefined;
  if (problem) throw new StartError("PLUGIN_HANDSHAKE_FAILED", problem);
  return name;
}
