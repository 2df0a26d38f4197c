import { create } from "@bufbuild/protobuf";
import type { ConnectError } from "@connectrpc/connect";
import { encodeError, readTypedError } from "../../errors/typed-error.js";
import { type Diagnostic, DiagnosticSchema, Severity } from "../../gen/slipway/common/v1/diagnostic_pb.js";
import type { RemoveResponse } from "../../gen/slipway/driver/v1/driver_pb.js";
import type { NodeConfig } from "../../gen/slipway/driver/v1/node_pb.js";
import type { BuilderRecord } from "../../gen/slipway/state/v1/builder_record_pb.js";
import { untilAborted } from "../../util/until-aborted.js";
import { withPeriod } from "../../util/with-period.js";
import type { Nodes } from "../nodes/nodes.js";
import { type StoredConfig, upgradeConfig } from "../nodes/stored-config.js";
import type { PluginManager } from "../plugins/plugin-manager.js";
import type { BuilderRegistry, NodeOwner } from "./registry.js";
import { withinTimeout } from "./within-timeout.js";

/** How a builder's nodes are removed. */
export interface RemoveOptions {
  keepState: boolean;
  keepDaemon: boolean;
  /** Continue when a node cannot be removed. */
  force: boolean;
  /** Timeout for each node, in milliseconds; by default there is none. */
  timeoutMs?: number;
}

/** What was removed and what was kept, by its name in the backend, and what could not be removed. */
export interface Removal {
  removed: string[];
  kept: string[];
  diagnostics: Diagnostic[];
}

/** Removes what nodes created. */
export class NodeRemover {
  constructor(
    private readonly plugins: PluginManager,
    private readonly nodes: Nodes,
    private readonly registry: BuilderRegistry,
  ) {}

  /** Removes nodes concurrently. A node that cannot be removed is an error, or with force a diagnostic. */
  async remove(
    builder: BuilderRecord,
    configs: readonly NodeConfig[],
    options: RemoveOptions,
    signal: AbortSignal,
  ): Promise<Removal> {
    const done: RemoveResponse[] = [];
    const failed: { node: string; cause: unknown }[] = [];
    await Promise.all(
      configs.map(async (config) => {
        try {
          const stored = { config, form: builder.forms[config.node] };
          done.push(await this.#removeInTime(builder, stored, options, signal));
        } catch (cause) {
          failed.push({ node: config.node, cause });
        }
      }),
    );
    if (failed.length > 0 && !options.force) throw notRemoved(builder, failed);
    return {
      removed: done.flatMap(({ removed }) => removed),
      kept: done.flatMap(({ kept }) => kept),
      diagnostics: failed.map(({ node, cause }) => leftBehind(node, cause)),
    };
  }

  /**
   * Removes one node, which is upgraded for that if necessary; returns what was removed and what was kept. Records whether
   * its build cache is left, which no builder of the other class of trust may get.
   */
  async removeNode(
    owner: NodeOwner,
    stored: StoredConfig,
    options: RemoveOptions,
    signal: AbortSignal,
  ): Promise<RemoveResponse> {
    let isLeft = true;
    try {
      const response = await this.#remove(owner.driver, stored, options, signal);
      isLeft = response.kept.length > 0;
      return response;
    } finally {
      await this.registry.setLeft(owner, stored.config, isLeft);
    }
  }

  async #remove(
    driver: string,
    stored: StoredConfig,
    { force, keepState, keepDaemon }: RemoveOptions,
    signal: AbortSignal,
  ): Promise<RemoveResponse> {
    const plugin = await untilAborted(this.plugins.use(driver), signal);
    try {
      const { config } = await upgradeConfig(plugin, stored, signal);
      await this.nodes.forget(driver, config);
      const request = { driver, config, force, keepState, keepDaemon };
      return await plugin.driver.remove(request, { signal });
    } finally {
      plugin.release();
    }
  }

  async #removeInTime(owner: NodeOwner, stored: StoredConfig, options: RemoveOptions, signal: AbortSignal) {
    const { timeoutMs } = options;
    if (timeoutMs === undefined) return this.removeNode(owner, stored, options, signal);
    return withinTimeout(
      { signal, timeoutMs },
      (limit) => this.removeNode(owner, stored, options, limit),
      notInTime,
    );
  }
}

const notInTime = {
  what: "was not removed",
  remedy: "Use a longer timeout, or set force to forget the node.",
};

function notRemoved({ name }: BuilderRecord, failed: { node: string; cause: unknown }[]): ConnectError {
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

/** Warns about what a node created and what was not removed. */
export function leftBehind(node: string, cause: unknown): Diagnostic {
  const { reason, message, remedy } = readTypedError(cause);
  return create(DiagnosticSchema, {
    severity: Severity.WARNING,
    reason,
    field: `nodes[${node}]`,
    message: withPeriod(`What node ${node} created could not be removed: ${message}`),
    remedy,
  });
}
