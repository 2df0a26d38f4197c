import { Code, type ConnectError } from "@connectrpc/connect";
import { typedError } from "../../errors/typed-error.js";
import { withPeriod } from "../../util/with-period.js";
import type { Exit, SupervisedProcess } from "./supervised-process.js";

/** A plugin could not be started. The message is a clause that follows "could not be started: ". */
export class StartError extends Error {
  readonly remedy: string | undefined;
  lastLines: string[] = [];
  exit: Exit | undefined;

  constructor(
    readonly reason: StartReason,
    message: string,
    options: { cause?: unknown; remedy?: string } = {},
  ) {
    super(message, { cause: options.cause });
    this.remedy = options.remedy;
  }

  /** Adds the output and the exit of the process. */
  with(lastLines: string[], exit?: Exit): this {
    this.lastLines = lastLines;
    this.exit = exit;
    return this;
  }
}

/** Stable reasons of {@link StartError}; docs/driver-protocol.md describes them. */
export type StartReason =
  | "PLUGIN_START_FAILED"
  | "PLUGIN_START_TIMEOUT"
  | "PLUGIN_EXITED"
  | "PLUGIN_BAD_HANDSHAKE"
  | "PLUGIN_PROTOCOL_MISMATCH"
  | "PLUGIN_UNHEALTHY"
  | "PLUGIN_HANDSHAKE_FAILED"
  | "PLUGIN_DRIVERS_MISMATCH"
  | "PLUGIN_CHECKSUM_MISMATCH"
  | "PLUGIN_UNREACHABLE";

/** Reasons of a start that fails again until somebody changes the plugin. */
const permanent: ReadonlySet<StartReason> = new Set<StartReason>([
  "PLUGIN_BAD_HANDSHAKE",
  "PLUGIN_PROTOCOL_MISMATCH",
  "PLUGIN_DRIVERS_MISMATCH",
  "PLUGIN_CHECKSUM_MISMATCH",
]);

/** Lines of output in an error message; ListPlugins returns more. */
const shownLines = 5;

/** A plugin could not be started: FAILED_PRECONDITION when no retry helps, else UNAVAILABLE. */
export function startFailed(plugin: string, error: StartError): ConnectError {
  return typedError({
    code: permanent.has(error.reason) ? Code.FailedPrecondition : Code.Unavailable,
    reason: error.reason,
    message: `The plugin ${plugin} could not be started: ${withPeriod(error.message)}${tail(error.lastLines)}`,
    remedy: error.remedy ?? "Call ListPlugins to see the plugin's output.",
    metadata: { plugin, ...exitMetadata(error.exit) },
  });
}

/** Remedy when the process of a plugin that the host starts or joins has ended. */
export const retryRemedy = "Try again; the host restarts the plugin.";

/** UNAVAILABLE: a plugin's process exited unexpectedly. */
export function crashed(plugin: string, why: string, exit: Exit, process: SupervisedProcess): ConnectError {
  const { lastLines } = process.output;
  return typedError({
    code: Code.Unavailable,
    reason: "DRIVER_CRASHED",
    message: `The plugin ${plugin} crashed: ${withPeriod(why)}${tail(lastLines)}`,
    remedy: process.afterLoss,
    metadata: { plugin, ...exitMetadata(exit) },
  });
}

/** UNAVAILABLE: the host stopped a plugin's process. */
export function stopped(plugin: string): ConnectError {
  return typedError({
    code: Code.Unavailable,
    reason: "PLUGIN_STOPPED",
    message: `The host stopped the plugin ${plugin}.`,
    remedy: retryRemedy,
    metadata: { plugin },
  });
}

/** FAILED_PRECONDITION: a plugin crashed too often and is not restarted. */
export function quarantined(plugin: string, why: string): ConnectError {
  return typedError({
    code: Code.FailedPrecondition,
    reason: "PLUGIN_QUARANTINED",
    message: `The plugin ${plugin} is quarantined: ${why}`,
    remedy: quarantineRemedy(plugin),
    metadata: { plugin },
  });
}

/** What to do about a plugin that crashed too often. */
export function quarantineRemedy(plugin: string): string {
  return `Repair the plugin, then call RestartPlugin for the plugin ${plugin}.`;
}

/** NOT_FOUND: no usable plugin has this driver. */
export function driverUnknown(driver: string, known: string[], unusable: string): ConnectError {
  const list = known.length > 0 ? ` Available drivers: ${known.join(", ")}.` : "";
  return typedError({
    code: Code.NotFound,
    reason: "DRIVER_UNKNOWN",
    message: `${withPeriod(`There is no driver "${driver}"${unusable && `: ${unusable}`}`)}${list}`,
    remedy: "Call ListDrivers to list the drivers; call ListPlugins to see why a plugin cannot be used.",
    fields: [{ field: "driver", message: `There is no driver "${driver}".`, reason: "DRIVER_UNKNOWN" }],
  });
}

/** NOT_FOUND: no plugin has this name. */
export function pluginUnknown(plugin: string, known: string[]): ConnectError {
  const list = known.length > 0 ? ` Available plugins: ${known.join(", ")}.` : "";
  const message = `There is no plugin "${plugin}".${list}`;
  return typedError({
    code: Code.NotFound,
    reason: "PLUGIN_UNKNOWN",
    message,
    fields: [{ field: "name", message, reason: "PLUGIN_UNKNOWN" }],
  });
}

/** FAILED_PRECONDITION: a plugin cannot be used. */
export function pluginUnusable(plugin: string, why: string): ConnectError {
  return typedError({
    code: Code.FailedPrecondition,
    reason: "PLUGIN_UNUSABLE",
    message: `The plugin ${plugin} cannot be used: ${withPeriod(why)}`,
    metadata: { plugin },
  });
}

/** The last lines of output, to append to a message. */
export function tail(lines: string[]): string {
  return lines.length === 0 ? "" : ` Its last lines:\n${lines.slice(-shownLines).join("\n")}`;
}

function exitMetadata(exit: Exit | undefined): Record<string, string> {
  if (!exit) return {};
  return {
    ...(exit.code !== undefined && { exit_code: String(exit.code) }),
    ...(exit.signal !== undefined && { signal: exit.signal }),
  };
}
