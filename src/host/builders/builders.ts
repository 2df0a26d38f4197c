import { create } from "@bufbuild/protobuf";
import type { Diagnostic } from "../../gen/slipway/common/v1/diagnostic_pb.js";
import {
  type AppendNodeRequest,
  type BuilderInstance,
  type CreateBuilderRequest,
  type DialBuilderRequest,
  type DialTarget,
  type GetBuilderRequest,
  type GetDiskUsageHistoryRequest,
  GetDiskUsageHistoryRequestSchema,
  type GetDiskUsageRequest,
  GetDiskUsageRequestSchema,
  type LeaveNodeRequest,
  type ListBuildersRequest,
  ListBuildersRequestSchema,
  type NodeDiskUsage,
  NodeDiskUsageSchema,
  type PruneBuilderRequest,
  type RemoveBuilderRequest,
  type SetBuilderAccessRequest,
  type SetDefaultBuilderRequest,
  type UpdateNodeRequest,
  type UsageRecord,
} from "../../gen/slipway/v1/builder_pb.js";
import { pageOf, readPage } from "../../requests/pages.js";
import type { User } from "../access/user.js";
import { type BootStep, bootNodes } from "../nodes/boot-nodes.js";
import { userCredentials } from "../nodes/image-credentials.js";
import { userOpenOptions } from "../nodes/user-open-options.js";
import type { Change } from "./boot-change.js";
import { BuilderChanges, type BuilderServices } from "./builder-changes.js";
import { type DialStep, dialBuilder } from "./dial-builder.js";
import { diskUsage } from "./disk-usage.js";
import { timeoutOf } from "./duration.js";
import type { ChangedBuilder } from "./editor.js";
import { BuilderInspector } from "./inspector.js";
import { type PruneStep, prune } from "./prune.js";
import { stopBuilder } from "./stop-builder.js";
import { shownTo } from "./visibility.js";

/** The longest time for the list of a node's build cache, which can be large, in milliseconds. */
const maxUsageMs = 10 * 60_000;

/** The longest time for connecting to a node that runs, in milliseconds. */
const maxConnectMs = 60_000;

/** A builder after a change, as clients see it. */
interface ShownChange {
  builder: BuilderInstance;
  diagnostics: Diagnostic[];
}

/** A boot: the steps of its nodes, then the builder. */
export type Boot = AsyncGenerator<BootStep, ShownChange>;

export type { BootStep };

/** All builders of this host, as clients see them: what it returns contains no secrets. */
export class Builders {
  readonly #services: BuilderServices;
  readonly #inspector: BuilderInspector;
  readonly #changes: BuilderChanges;

  constructor(services: BuilderServices) {
    this.#services = services;
    this.#inspector = new BuilderInspector(services);
    this.#changes = new BuilderChanges(services);
  }

  /** Creates a builder. */
  async create(request: CreateBuilderRequest, user: User, signal: AbortSignal): Promise<ShownChange> {
    return this.#shown(await this.#changes.create(request, user, signal));
  }

  /** Adds a node to a builder, or changes one. */
  async append(request: AppendNodeRequest, user: User, signal: AbortSignal): Promise<ShownChange> {
    return this.#shown(await this.#changes.append(request, user, signal));
  }

  /** Changes what a mask names of a node. */
  async update(request: UpdateNodeRequest, user: User, signal: AbortSignal): Promise<ShownChange> {
    return this.#shown(await this.#changes.update(request, user, signal));
  }

  /** Sets the principals that may use a builder. */
  async setAccess(
    request: SetBuilderAccessRequest,
    user: User,
    signal: AbortSignal,
  ): Promise<BuilderInstance> {
    return this.#inspector.show(await this.#changes.limit(request, user, signal));
  }

  /** Takes a node out of a builder and removes what the node created. */
  async leave(request: LeaveNodeRequest, user: User, signal: AbortSignal): Promise<ShownChange> {
    return this.#shown(await this.#changes.leave(request, user, signal));
  }

  /** Removes a builder and what its nodes created. */
  remove(request: RemoveBuilderRequest, user: User, signal: AbortSignal) {
    return this.#changes.remove(request, user, signal);
  }

  /** One builder; NOT_FOUND, reason BUILDER_UNKNOWN. */
  async get(request: GetBuilderRequest, user: User, signal: AbortSignal): Promise<BuilderInstance> {
    const builder = await this.#services.registry.find(request.name, user);
    const [shown] = await this.#inspector.describe([builder], request, signal);
    return shownTo(user, shown!);
  }

  /** A page of the builders of a user. */
  async list(
    request: ListBuildersRequest,
    user: User,
    signal: AbortSignal,
  ): Promise<{ builders: BuilderInstance[]; diagnostics: Diagnostic[]; nextPageToken: string }> {
    const page = readPage(ListBuildersRequestSchema, request, { default: 1000, max: 1000 });
    const { builders, diagnostics } = await this.#services.registry.list(user);
    const { entries, nextPageToken } = pageOf(builders, ({ name }) => name, page);
    const shown = await this.#inspector.describe(entries, request, signal, { isListed: true });
    return {
      builders: shown.map((builder) => shownTo(user, builder)),
      diagnostics,
      nextPageToken,
    };
  }

  /** Boots all nodes of a builder, and describes the builder at the end. */
  async *boot(name: string, user: User, signal: AbortSignal): Boot {
    const { registry, nodes } = this.#services;
    const diagnostics: Diagnostic[] = [];
    const builder = await registry.resolve(name, user, (warning) => diagnostics.push(warning));
    const toBoot = builder.nodes.map((config) => ({ config }));
    yield* registry.whileVisible(builder, user, signal, (signal) =>
      bootNodes(nodes, builder.driver, toBoot, { signal, ...userOpenOptions(user) }),
    );
    return { builder: shownTo(user, await this.#inspector.inspect(builder, signal)), diagnostics };
  }

  /** Makes a change and boots the node that it is about; undoes the change when the boot fails. */
  async *bootChange(change: Change, user: User, signal: AbortSignal): Boot {
    const { builder, diagnostics } = yield* this.#changes.boot(change, user, signal);
    return { builder: await this.#inspector.inspect(builder, signal), diagnostics };
  }

  /** Stops all nodes of a builder. */
  async stop(name: string, user: User, signal: AbortSignal): Promise<BuilderInstance> {
    const { registry, plugins, nodes } = this.#services;
    const builder = await registry.resolve(name, user);
    await stopBuilder({ plugins, nodes }, builder, signal);
    return this.#inspector.inspect(builder, signal);
  }

  /** Makes a builder the default, or with an empty name none. */
  async setDefault(
    { name, allEnvironments }: SetDefaultBuilderRequest,
    user: User,
  ): Promise<BuilderInstance | undefined> {
    const builder = await this.#services.registry.setDefault(name, user, allEnvironments);
    return builder && this.#inspector.show(builder);
  }

  /** A page of the build cache of a builder. */
  async diskUsage(
    request: GetDiskUsageRequest,
    user: User,
    signal: AbortSignal,
  ): Promise<{ records: UsageRecord[]; diagnostics: Diagnostic[]; nextPageToken: string }> {
    const page = readPage(GetDiskUsageRequestSchema, request, { default: 5000, max: 5000 });
    const { registry, nodes, usages } = this.#services;
    const builder = await registry.resolve(request.builder, user);
    const limits = { signal, timeoutMs: timeoutOf(request, maxUsageMs) };
    const { records, diagnostics } = await diskUsage(
      { nodes, usages },
      builder,
      { filters: request.filters, user },
      limits,
    );
    const { entries, nextPageToken } = pageOf(records, ({ node, id }) => `${node} ${id}`, page);
    return { records: entries, diagnostics, nextPageToken };
  }

  /** A page of the nodes of a builder whose disk usage is recorded. */
  async diskUsageHistory(
    request: GetDiskUsageHistoryRequest,
    user: User,
  ): Promise<{ nodes: NodeDiskUsage[]; nextPageToken: string }> {
    const page = readPage(GetDiskUsageHistoryRequestSchema, request, { default: 50, max: 50 });
    const { driver, nodes } = await this.#services.registry.find(request.builder, user);
    const recorded = nodes
      .map((config) => ({ node: config.node, samples: this.#services.usages.of(driver, config) }))
      .filter(({ samples }) => samples.length > 0)
      .sort((a, b) => (a.node < b.node ? -1 : 1))
      .map((usage) => create(NodeDiskUsageSchema, usage));
    const { entries, nextPageToken } = pageOf(recorded, ({ node }) => node, page);
    return { nodes: entries, nextPageToken };
  }

  /** Removes build cache of a builder. */
  async *prune(request: PruneBuilderRequest, user: User, signal: AbortSignal): AsyncGenerator<PruneStep> {
    const { registry, nodes, usages } = this.#services;
    const builder = await registry.resolve(request.name, user);
    const timeoutMs = timeoutOf({ timeout: request.connectTimeout }, maxConnectMs);
    yield* registry.whileVisible(builder, user, signal, (signal) =>
      prune({ nodes, usages }, { builder, user }, request, { signal, timeoutMs }),
    );
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
    const { principal } = user;
    const target = { nodes, builder, platform, principal, credentials: userCredentials(user) };
    yield* registry.whileVisible(builder, user, signal, (signal) => dialBuilder(target, requests, signal));
  }

  async #shown({ builder, diagnostics }: ChangedBuilder): Promise<ShownChange> {
    return { builder: await this.#inspector.show(builder), diagnostics };
  }
}
