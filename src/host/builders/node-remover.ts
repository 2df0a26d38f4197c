import { create } from "@bufbuild/protobuf";
import { Code, type ConnectError } from "@connectrpc/connect";
import { encodeError, readTypedError, typedError } from "../../errors/typed-error.js";
import { type Diagnostic, DiagnosticSchema, Severity } from "../../gen/slipway/driver/v1/diagnostic_pb.js";
import type { NodeConfig } from "../../gen/slipway/driver/v1/node_pb.js";
import type { BuilderInstance } from "../../gen/slipway/v1/builder_pb.js";
import { untilAborted } from "../../util/until-aborted.js";
import { withTimeout } from "../../util/with-timeout.js";
import type { PluginManager } from "../plugins/plugin-manager.js";

/** How a builder's nodes are removed. */
export interface RemoveOptions {
  keepState: boolean;
  keepDaemon: boolean;
  /** Go on when a node cannot be removed. */
  force: boolean;
  /** So long each node may take, in milliseconds; default is no limit. */
  timeoutMs?: number;
}

/** Removes what nodes created. */
export class NodeRemover {
  constructor(private readonly plugins: PluginManager) {}

  /** Removes nodes, all at the same time. What cannot be removed is an error, or with force a diagnostic. */
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
          message: `it did not go within ${timeoutMs / 1000} s`,
          remedy: "wait longer with --timeout, or forget it with --force",
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
  const all = fields.map(({ field, message }) => `${field.slice(6, -1)}: ${message}`).join("; ");
  return encodeError({
    code,
    reason,
    message: `builder ${name} stays as it is, since not all of it could be removed: ${all}`,
    remedy: remedy || "mend that and try again, or forget it all the same with --force",
    fields,
  });
}

function leftBehind(node: string, cause: unknown): Diagnostic {
  const { reason, message, remedy } = readTypedError(cause);
  return create(DiagnosticSchema, {
    severity: Severity.WARNING,
    reason,
    field: `nodes[${node}]`,
    message: `what node ${node} created could not be removed: ${message}`,
    remedy,
  });
}
