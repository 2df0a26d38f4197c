import { type Plugin, PluginState } from "../../gen/slipway/v1/plugin_pb.js";
import { quarantineRemedy, retryRemedy, type StartReason } from "./plugin-errors.js";
import type { RunningPlugin } from "./running-plugin.js";

/** The state of a supervised plugin's process. */
export type SupervisorState =
  | { is: "idle" }
  | { is: "starting"; started: Promise<RunningPlugin> }
  | { is: "running"; process: RunningPlugin }
  | { is: "stopping"; process: RunningPlugin; ended: Promise<void> }
  /** `until` is on the clock of `performance.now()`. */
  | { is: "backoff"; reason: StartReason | "DRIVER_CRASHED"; message: string; until: number }
  | { is: "quarantined"; message: string };

const publicStates: Record<SupervisorState["is"], PluginState> = {
  idle: PluginState.IDLE,
  starting: PluginState.STARTING,
  running: PluginState.RUNNING,
  stopping: PluginState.RUNNING,
  backoff: PluginState.BACKOFF,
  quarantined: PluginState.QUARANTINED,
};

/** The state for ListPlugins, with the reason if no process runs because of a fault. */
export function describeState(plugin: string, state: SupervisorState) {
  return { state: publicStates[state.is], ...faultOf(plugin, state) };
}

function faultOf(
  plugin: string,
  state: SupervisorState,
): Partial<Pick<Plugin, "reason" | "message" | "remedy">> {
  switch (state.is) {
    case "backoff":
      return { reason: state.reason, message: state.message, remedy: retryRemedy };
    case "quarantined":
      return {
        reason: "PLUGIN_QUARANTINED",
        message: state.message,
        remedy: quarantineRemedy(plugin),
      };
    default:
      return {};
  }
}
