import { equals } from "@bufbuild/protobuf";
import { invalidField } from "../../errors/typed-error.js";
import { type NodeConfig, NodeConfigSchema } from "../../gen/slipway/driver/v1/node_pb.js";
import type { BuilderRecord } from "../../gen/slipway/state/v1/builder_record_pb.js";
import type {
  AppendNodeRequest,
  CreateBuilderRequest,
  LeaveNodeRequest,
  RemoveBuilderRequest,
  SetBuilderAccessRequest,
  UpdateNodeRequest,
} from "../../gen/slipway/v1/builder_pb.js";
import type { User } from "../access/user.js";
import type { Log } from "../base/log.js";
import type { BootStep } from "../nodes/boot-nodes.js";
import type { Nodes } from "../nodes/nodes.js";
import type { PluginManager } from "../plugins/plugin-manager.js";
import { bootChange, type Change } from "./boot-change.js";
import { BuilderLocks } from "./builder-locks.js";
import { millisecondsOf } from "./duration.js";
import { BuilderEditor, type ChangedBuilder } from "./editor.js";
import { builderName } from "./names.js";
import { NodeRemover, type Removal } from "./node-remover.js";
import type { BuilderRegistry } from "./registry.js";
import { leaveBuilder, type RemovalServices, removeBuilder } from "./remove-builder.js";
import type { UsageHistory } from "./usage-history.js";

/** The services of the host that builders use. */
export interface BuilderServices {
  plugins: PluginManager;
  registry: BuilderRegistry;
  nodes: Nodes;
  usages: UsageHistory;
  log: Log;
}

/** Changes builders, each one step at a time: every change holds its builder's lock. */
export class BuilderChanges {
  readonly #services: BuilderServices;
  readonly #remover: NodeRemover;
  readonly #editor: BuilderEditor;
  readonly #locks = new BuilderLocks();

  constructor(services: BuilderServices) {
    this.#services = services;
    this.#remover = new NodeRemover(services.plugins, services.nodes, services.registry);
    this.#editor = new BuilderEditor({ ...services, remover: this.#remover });
  }

  /** Creates a builder. */
  async create(request: CreateBuilderRequest, user: User, signal: AbortSignal): Promise<ChangedBuilder> {
    const name = builderName(request.name);
    return this.#locks.runExclusive(name, signal, () => this.#editor.create(name, request, user));
  }

  /** Adds a node to a builder, or changes one. */
  async append(request: AppendNodeRequest, user: User, signal: AbortSignal): Promise<ChangedBuilder> {
    return this.#change(request.builder, user, signal, (before) =>
      this.#editor.append(before, request, user),
    );
  }

  /** Changes what a mask names of a node. */
  async update(request: UpdateNodeRequest, user: User, signal: AbortSignal): Promise<ChangedBuilder> {
    return this.#change(request.builder, user, signal, (before) =>
      this.#editor.update(before, request, user),
    );
  }

  /** Sets the principals that may use a builder. */
  async limit(
    { name, allowedPrincipals }: SetBuilderAccessRequest,
    user: User,
    signal: AbortSignal,
  ): Promise<BuilderRecord> {
    const { registry } = this.#services;
    const { name: found } = await registry.limitable(name, user);
    const limit = async () => this.#editor.limit(await registry.limitable(found, user), allowedPrincipals);
    return this.#locks.runExclusive(found, signal, limit);
  }

  /** Takes a node out of a builder and removes what the node created. */
  async leave(request: LeaveNodeRequest, user: User, signal: AbortSignal): Promise<ChangedBuilder> {
    return this.#change(request.builder, user, signal, (before) =>
      leaveBuilder(this.#removal, before, request, signal),
    );
  }

  /** Removes a builder and what its nodes created. */
  async remove(
    { name, timeout, keepState, keepDaemon, force }: RemoveBuilderRequest,
    user: User,
    signal: AbortSignal,
  ): Promise<Removal> {
    const { registry } = this.#services;
    const how = { keepState, keepDaemon, force, timeoutMs: millisecondsOf(timeout) };
    const { name: found, untrusted } = await registry.removable(name, user);
    if (untrusted && (keepState || keepDaemon)) {
      const message = `The builder ${found} is for untrusted builds; its build cache must not reach another builder.`;
      const field = keepState ? "keep_state" : "keep_daemon";
      throw invalidField(field, "STATE_UNTRUSTED", message, "Remove it with its build cache.");
    }
    const remove = async () =>
      removeBuilder(this.#removal, await registry.removable(found, user), how, signal);
    return this.#locks.runExclusive(found, signal, remove, how.timeoutMs);
  }

  /** Makes a change and boots its node; undoes the change when the boot fails. */
  boot(change: Change, user: User, signal: AbortSignal): AsyncGenerator<BootStep, ChangedBuilder> {
    const options = { locks: this.#locks, editor: this.#editor, remover: this.#remover };
    return bootChange({ ...this.#services, ...options }, change, user, signal);
  }

  get #removal(): RemovalServices {
    const { registry, usages } = this.#services;
    return { registry, usages, remover: this.#remover };
  }

  async #change(
    name: string,
    user: User,
    signal: AbortSignal,
    change: (builder: BuilderRecord) => Promise<ChangedBuilder>,
  ): Promise<ChangedBuilder> {
    const { registry, nodes } = this.#services;
    const { name: found } = await registry.changeable(name, user);
    const work = async () => {
      const before = await registry.changeable(found, user);
      const changed = await change(before);
      const stays = (config: NodeConfig) =>
        changed.builder.nodes.some((now) => equals(NodeConfigSchema, now, config));
      const outdated = before.nodes.filter((config) => !stays(config));
      await Promise.all(outdated.map((config) => nodes.forget(before.driver, config)));
      return changed;
    };
    return this.#locks.runExclusive(found, signal, work);
  }
}
