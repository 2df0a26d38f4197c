import { Code, type ConnectError } from "@connectrpc/connect";
import { typedError } from "../../errors/typed-error.js";
import type { Exit } from "./plugin-child.js";

/** Why a plugin could not be started. */
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

  /** Adds how the process ended. */
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
  | "PLUGIN_CHECKSUM_MISMATCH";

/** Lines of a plugin that go into an error's message; all that are kept are in ListPlugins. */
const shownLines = 5;

/** UNAVAILABLE: a plugin could not be started. */
export function startFailed(plugin: string, error: StartError): ConnectError {
  return typedError({
    code: Code.Unavailable,
    reason: error.reason,
    message: `the plugin ${plugin} could not be started: ${error.message}${tail(error.lastLines)}`,
    remedy: error.remedy ?? "Look at what it wrote: slipway plugins.",
    metadata: { plugin, ...exitMetadata(error.exit) },
  });
}

/** UNAVAILABLE: a plugin's process ended by itself. */
export function crashed(plugin: string, why: string, exit: Exit, lastLines: string[]): ConnectError {
  return typedError({
    code: Code.Unavailable,
    reason: "DRIVER_CRASHED",
    message: `the plugin ${plugin} crashed: ${why}${tail(lastLines)}`,
    remedy: "Try again: it is started anew.",
    metadata: { plugin, ...exitMetadata(exit) },
  });
}

/** UNAVAILABLE: the host ended a plugin's process. */
export function stopped(plugin: string): ConnectError {
  return typedError({
    code: Code.Unavailable,
    reason: "PLUGIN_STOPPED",
    message: `the plugin ${plugin} was stopped by the host`,
    remedy: "Try again: it is started anew.",
    metadata: { plugin },
  });
}

/** UNAVAILABLE: a plugin crashed too often to be started again. */
export function quarantined(plugin: string, why: string): ConnectError {
  return typedError({
    code: Code.Unavailable,
    reason: "PLUGIN_QUARANTINED",
    message: `the plugin ${plugin} is not started any more: ${why}`,
    remedy: `Repair it, then run: slipway plugins restart ${plugin}`,
    metadata: { plugin },
  });
}

/** NOT_FOUND: no usable plugin has a driver. */
export function driverUnknown(driver: string, known: string[], unusable: string): ConnectError {
  const list = known.length > 0 ? `; there are ${known.join(", ")}` : "";
  return typedError({
    code: Code.NotFound,
    reason: "DRIVER_UNKNOWN",
    message: `there is no driver "${driver}"${unusable && `: ${unusable}`}${list}`,
    remedy: "slipway drivers lists the drivers, and slipway plugins tells why a plugin cannot be used.",
    fields: [{ field: "driver", message: `there is no driver "${driver}"`, reason: "DRIVER_UNKNOWN" }],
  });
}

/** NOT_FOUND: no plugin has a name. */
export function pluginUnknown(plugin: string, known: string[]): ConnectError {
  const message = `there is no plugin "${plugin}"${known.length > 0 ? `; there are ${known.join(", ")}` : ""}`;
  return typedError({
    code: Code.NotFound,
    reason: "PLUGIN_UNKNOWN",
    message,
    fields: [{ field: "name", message, reason: "PLUGIN_UNKNOWN" }],
  });
}

/** FAILED_PRECONDITION: a plugin's manifest cannot be used. */
export function pluginUnusable(plugin: string, why: string): ConnectError {
  return typedError({
    code: Code.FailedPrecondition,
    reason: "PLUGIN_UNUSABLE",
    message: `the plugin ${plugin} cannot be used: ${why}`,
    metadata: { plugin },
  });
}

/** The last lines for a message. */
export function tail(lines: string[]): string {
  return lines.length === 0 ? "" : `; its last lines:\n${lines.slice(-shownLines).join("\n")}`;
}

function exitMetadata(exit: Exit | undefined): Record<string, string> {
  if (!exit) return {};
  return {
    ...(exit.code !== undefined && { exitCode: String(exit.code) }),
    ...(exit.signal !== undefined && { signal: exit.signal }),
  };
}
