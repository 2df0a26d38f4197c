import { create } from "@bufbuild/protobuf";
import { Code, type ConnectError } from "@connectrpc/connect";
import { encodeError, readTypedError, typedError } from "../../errors/typed-error.js";
import { type Diagnostic, DiagnosticSchema, Severity } from "../../gen/slipway/driver/v1/diagnostic_pb.js";
import type { NodeConfig } from "../../gen/slipway/driver/v1/node_pb.js";
import type { BuilderInstance } from "../../gen/slipway/v1/builder_pb.js";
import { untilAborted } from "../../util/until-aborted.js";
import { withPeriod } from "../../util/with-period.js";
import { withTimeout } from "../../util/with-timeout.js";
import type { PluginManager } from "../plugins/plugin-manager.js";

/** How a builder's nodes are removed. */
export interface RemoveOptions {
  keepState: boolean;
  keepDaemon: boolean;
  /** Continue when a node cannot be removed. */
  force: boolean;
  /** Timeout for each node, in milliseconds; by default there is none. */
  timeoutMs?: number;
}

/** Removes what nodes created. */
export class NodeRemover {
  constructor(private readonly plugins: PluginManager) {}

  /** Removes nodes concurrently. A node that cannot be removed is an error, or with force a diagnostic. */
  async remove(
    builder: BuilderInstance,
    configs: readonly NodeConfig[],
    options: RemoveOptions,
    signal: AbortSignal,
  ): Promise<{ removed: string[]; diagnostics: Diagnostic[] }> {
    const removed: string[] = [];
    const failed: { node: string; cause: unknown }[] = [];
    await Promise.all(
      configs.map(async (config) => {
        try {
          removed.push(...(await this.#removeInTime(builder.driver, config, options, signal)));
        } catch (cause) {
          failed.push({ node: config.node, cause });
        }
      }),
    );
    if (failed.length > 0 && !options.force) throw notRemoved(builder, failed);
    return { removed, diagnostics: failed.map(({ node, cause }) => leftBehind(node, cause)) };
  }

  /** Removes one node; returns what was removed or kept. */
  async removeNode(
    driver: string,
    config: NodeConfig,
    { force, keepState, keepDaemon }: RemoveOptions,
    signal: AbortSignal,
  ): Promise<string[]> {
    const lease = await untilAborted(this.plugins.use(driver), signal);
    try {
      const request = { driver, config, force, keepState, keepDaemon };
      return (await lease.driver.remove(request, { signal })).removed;
    } finally {
      lease.release();
    }
  }

  async #removeInTime(driver: string, config: NodeConfig, options: RemoveOptions, signal: AbortSignal) {
    const { timeoutMs } = options;
    if (timeoutMs === undefined) return this.removeNode(driver, config, options, signal);
    return withTimeout(timeoutMs, signal, async (limit) => {
      try {
        return await this.removeNode(driver, config, options, limit);
      } catch (cause) {
        if (!limit.aborted || signal.aborted) throw cause;
        throw typedError({
          code: Code.DeadlineExceeded,
          reason: "TIMEOUT",
          message: `The node was not removed within ${timeoutMs / 1000} s.`,
          remedy: "Use a longer timeout, or set force to forget the node.",
        });
      }
    });
  }
}

function notRemoved({ name }: BuilderInstance, failed: { node: string; cause: unknown }[]): ConnectError {
  const { code, reason, remedy } = readTypedError(failed[0]!.cause);
  const fields = failed.map(({ node, cause }) => {
    const { message, reason } = readTypedError(cause);
    return { field: `nodes[${node}]`, message, reason };
  });
  const all = fields.map(({ field, message }) => `${field.slice(6, -1)}: ${withPeriod(message)}`).join(" ");
  return encodeError({
    code,
    reason,
    message: `Builder ${name} was not changed, since not all of its nodes could be removed. ${all}`,
    remedy: remedy || "Correct the cause and try again, or set force to forget the builder.",
    fields,
  });
}

function leftBehind(node: string, cause: unknown): Diagnostic {
  const { reason, message, remedy } = readTypedError(cause);
  return create(DiagnosticSchema, {
    severity: Severity.WARNING,
    reason,
    field: `nodes[${node}]`,
    message: withPeriod(`What node ${node} created could not be removed: ${message}`),
    remedy,
  });
}
