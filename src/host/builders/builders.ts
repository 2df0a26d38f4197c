import type { Diagnostic } from "../../gen/slipway/driver/v1/diagnostic_pb.js";
import type {
  AppendNodeRequest,
  BuilderInstance,
  CreateBuilderRequest,
  DialBuilderRequest,
  DialTarget,
  GetBuilderRequest,
  GetDiskUsageRequest,
  LeaveNodeRequest,
  ListBuildersRequest,
  PruneBuilderRequest,
  RemoveBuilderRequest,
  SetBuilderAccessRequest,
  SetDefaultBuilderRequest,
  UsageRecord,
} from "../../gen/slipway/v1/builder_pb.js";
import type { User } from "../access/user.js";
import { type BootStep, bootNodes } from "../nodes/boot-nodes.js";
import { userCredentials } from "../nodes/image-credentials.js";
import { configsOf } from "../nodes/node-configs.js";
import type { Change } from "./boot-change.js";
import { BuilderChanges, type BuilderServices } from "./builder-changes.js";
import { type DialStep, dialBuilder } from "./dial-builder.js";
import { diskUsage } from "./disk-usage.js";
import { millisecondsOf } from "./duration.js";
import type { ChangedBuilder } from "./editor.js";
import { BuilderInspector } from "./inspector.js";
import { type PruneStep, prune } from "./prune.js";
import { stopBuilder } from "./stop-builder.js";

/** All builders of this host, as clients see them: what it returns contains no secrets. */
export class Builders {
  readonly #services: BuilderServices;
  readonly #inspector: BuilderInspector;
  readonly #changes: BuilderChanges;

  constructor(services: BuilderServices) {
    this.#services = services;
    this.#inspector = new BuilderInspector(services.plugins, services.nodes);
    this.#changes = new BuilderChanges(services);
  }

  /** Creates a builder. */
  async create(request: CreateBuilderRequest, user: User, signal: AbortSignal): Promise<ChangedBuilder> {
    return this.#shown(await this.#changes.create(request, user, signal));
  }

  /** Adds a node to a builder, or changes one. */
  async append(request: AppendNodeRequest, user: User, signal: AbortSignal): Promise<ChangedBuilder> {
    return this.#shown(await this.#changes.append(request, user, signal));
  }

  /** Sets the principals that may use a builder. */
  async limit(request: SetBuilderAccessRequest, user: User, signal: AbortSignal): Promise<BuilderInstance> {
    return this.#inspector.show(await this.#changes.limit(request, user, signal));
  }

  /** Takes a node out of a builder and removes what the node created. */
  async leave(request: LeaveNodeRequest, user: User, signal: AbortSignal): Promise<ChangedBuilder> {
    return this.#shown(await this.#changes.leave(request, user, signal));
  }

  /** Removes a builder and what its nodes created. */
  remove(request: RemoveBuilderRequest, user: User, signal: AbortSignal) {
    return this.#changes.remove(request, user, signal);
  }

  /** One builder; NOT_FOUND, reason BUILDER_UNKNOWN. */
  async get(request: GetBuilderRequest, user: User, signal: AbortSignal): Promise<BuilderInstance> {
    const builder = await this.#services.registry.resolve(request.name, user);
    const [shown] = await this.#inspector.describe([builder], request, signal);
    return shown!;
  }

  /** All builders of a user. */
  async list(
    request: ListBuildersRequest,
    user: User,
    signal: AbortSignal,
  ): Promise<{ builders: BuilderInstance[]; diagnostics: Diagnostic[] }> {
    const { builders, diagnostics } = await this.#services.registry.list(user);
    return { builders: await this.#inspector.describe(builders, request, signal), diagnostics };
  }

  /** Boots all nodes of a builder, and describes the builder at the end. */
  async *boot(
    name: string,
    user: User,
    signal: AbortSignal,
  ): AsyncGenerator<BootStep | { builder: BuilderInstance }> {
    const { registry, nodes } = this.#services;
    const builder = await registry.resolve(name, user);
    const credentials = userCredentials(user);
    yield* bootNodes(nodes, builder.driver, configsOf(builder), { signal, credentials });
    yield { builder: await this.#inspector.inspect(builder, signal) };
  }

  /** Makes a change and boots the node that it is about; undoes the change when the boot fails. */
  async *bootChange(
    change: Change,
    user: User,
    signal: AbortSignal,
  ): AsyncGenerator<BootStep | ChangedBuilder> {
    const { builder, diagnostics } = yield* this.#changes.boot(change, user, signal);
    yield { builder: await this.#inspector.inspect(builder, signal), diagnostics };
  }

  /** Stops all nodes of a builder. */
  async stop(name: string, user: User, signal: AbortSignal): Promise<BuilderInstance> {
    const { registry, plugins } = this.#services;
    const builder = await registry.resolve(name, user);
    await stopBuilder(plugins, builder, signal);
    return this.#inspector.inspect(builder, signal);
  }

  /** Makes a builder the default, or with an empty name none. */
  async setDefault({ name, global }: SetDefaultBuilderRequest, user: User): Promise<BuilderInstance> {
    return this.#inspector.show(await this.#services.registry.setDefault(name, user, global));
  }

  /** Lists the build cache of a builder. */
  async diskUsage(
    { builder: name, filters, timeout }: GetDiskUsageRequest,
    user: User,
    signal: AbortSignal,
  ): Promise<{ records: UsageRecord[]; diagnostics: Diagnostic[] }> {
    const { registry, nodes } = this.#services;
    const builder = await registry.resolve(name, user);
    return diskUsage(nodes, builder, filters, { signal, timeoutMs: millisecondsOf(timeout) });
  }

  /** Removes build cache of a builder. */
  async *prune(request: PruneBuilderRequest, user: User, signal: AbortSignal): AsyncGenerator<PruneStep> {
    const { registry, nodes } = this.#services;
    const builder = await registry.resolve(request.builder, user);
    yield* prune(nodes, builder, request, { signal, timeoutMs: millisecondsOf(request.timeout) });
  }

  /** Forwards the bytes of one connection to a builder's BuildKit. */
  async *dial(
    { builder: name, platform }: DialTarget,
    requests: AsyncIterator<DialBuilderRequest>,
    user: User,
    signal: AbortSignal,
  ): AsyncGenerator<DialStep> {
    const { registry, nodes } = this.#services;
    const builder = await registry.resolve(name, user);
    await registry.touch(builder.name);
    const target = { nodes, builder, platform, credentials: userCredentials(user) };
    yield* dialBuilder(target, requests, signal);
  }

  async #shown({ builder, diagnostics }: ChangedBuilder): Promise<ChangedBuilder> {
    return { builder: await this.#inspector.show(builder), diagnostics };
  }
}
