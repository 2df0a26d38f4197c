import { create, equals } from "@bufbuild/protobuf";
import type { CredentialProvider } from "../../config/credential.js";
import { NodeState } from "../../gen/slipway/common/v1/node_state_pb.js";
import { ProgressSchema } from "../../gen/slipway/common/v1/progress_pb.js";
import { type NodeConfig, NodeConfigSchema, type NodeStatus } from "../../gen/slipway/driver/v1/node_pb.js";
import { untilAborted } from "../../util/until-aborted.js";
import type { PluginUse } from "../plugins/plugin-use.js";
import { bootstrapNode } from "./driver-calls.js";
import { imageCredentials } from "./image-credentials.js";
import { type NodeUsers, nodeKey } from "./node-users.js";
import type { OnProgress } from "./progress.js";
import type { OpenOptions } from "./running-node.js";

const never = new AbortController().signal;

/** A boot in progress. */
interface Boot {
  config: NodeConfig;
  listeners: Set<OnProgress>;
  /** Aborts the boot when nobody waits for it any more. */
  abort: AbortController;
  done: Promise<NodeStatus>;
}

/** What a boot needs to know. */
interface BootRequest {
  plugin: PluginUse;
  config: NodeConfig;
  /** Status of the node before the boot. */
  before: NodeStatus;
  credentials: readonly CredentialProvider[];
  onProgress: OnProgress;
}

/** Boots nodes. Concurrent requests to boot one node share one boot. */
export class SharedBoots {
  readonly #users: NodeUsers;
  readonly #boots = new Map<string, Boot>();

  constructor(users: NodeUsers) {
    this.#users = users;
  }

  /**
   * Joins the boot of the node that is in progress, or starts one. A boot continues while somebody waits for it. A
   * boot that replaces an instance with a former configuration starts when nobody uses that instance any more.
   * @param before status of the node before the boot
   */
  async boot(
    plugin: PluginUse,
    config: NodeConfig,
    before: NodeStatus,
    { signal = never, onProgress = () => {}, credentials = [] }: OpenOptions,
  ): Promise<NodeStatus> {
    const boot = await this.#joinOrStart({ plugin, config, before, credentials, onProgress }, signal);
    try {
      return await untilAborted(boot.done, signal);
    } finally {
      boot.listeners.delete(onProgress);
      if (boot.listeners.size === 0) boot.abort.abort();
    }
  }

  /** Joins a boot with the same configuration. Waits for the end of one with another configuration. */
  async #joinOrStart(request: BootRequest, signal: AbortSignal): Promise<Boot> {
    const { plugin, config, onProgress } = request;
    const key = nodeKey(plugin.descriptor.name, config);
    for (;;) {
      const other = this.#boots.get(key);
      if (!other) return this.#start(key, request);
      if (!other.abort.signal.aborted && equals(NodeConfigSchema, other.config, config)) {
        other.listeners.add(onProgress);
        return other;
      }
      await untilAborted(
        other.done.catch(() => {}),
        signal,
      );
    }
  }

  #start(key: string, { plugin, config, before, credentials, onProgress }: BootRequest): Boot {
    const listeners = new Set([onProgress]);
    const abort = new AbortController();
    const report: OnProgress = (progress) => {
      for (const listener of listeners) listener(progress);
    };
    const replaces = before.state === NodeState.RUNNING && before.changedFields.length > 0;
    const done = (replaces ? this.#untilIdle(key, report, abort.signal) : Promise.resolve())
      .then(() => imageCredentials(before.imageRegistries, credentials, report, abort.signal))
      .then((found) => bootstrapNode(plugin, config, found, report, abort.signal))
      .finally(() => this.#boots.delete(key));
    done.catch(() => {}); // The waiters handle the error; there may be none any more.
    const boot = { config, listeners, abort, done };
    this.#boots.set(key, boot);
    return boot;
  }

  async #untilIdle(key: string, report: OnProgress, signal: AbortSignal): Promise<void> {
    if (this.#users.count(key) === 0) return;
    const name = "Waiting for builds with the former configuration to end";
    report(create(ProgressSchema, { id: "former-builds", name }));
    await untilAborted(this.#users.idle(key), signal);
    report(create(ProgressSchema, { id: "former-builds", name, done: true }));
  }
}
