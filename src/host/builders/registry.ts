import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import type { ConnectError } from "@connectrpc/connect";
import type { Diagnostic } from "../../gen/slipway/common/v1/diagnostic_pb.js";
import type { DriverDescriptor } from "../../gen/slipway/driver/v1/descriptor_pb.js";
import type { NodeConfig } from "../../gen/slipway/driver/v1/node_pb.js";
import type { BuilderRecord } from "../../gen/slipway/state/v1/builder_record_pb.js";
import { settlesWithin } from "../../util/settles-within.js";
import { hasRole } from "../access/principal.js";
import type { Environment, User } from "../access/user.js";
import type { Log } from "../base/log.js";
import { nodeKey } from "../nodes/node-users.js";
import type { PluginManager } from "../plugins/plugin-manager.js";
import type { Keyring } from "../sealing/keyring.js";
import type { Store } from "../store/store.js";
import {
  defaultGone,
  forUntrusted,
  instanceUnusable,
  noDefault,
  readOnly,
  severalBuilders,
  unknownBuilder,
  untrustedBuilderMissing,
} from "./builder-errors.js";
import { BuilderUpgrades, type UpgradedBuilder } from "./builder-upgrades.js";
import { findBuildxBuilders } from "./buildx-builders.js";
import { cacheKeyOf } from "./cache-key.js";
import { DefaultBuilders } from "./default-builders.js";
import { hiddenBuilder } from "./hidden-builder.js";
import { type AskDrivers, type ImplicitBuilders, lazyImplicitBuilders } from "./implicit-builders.js";
import { type LockedBuilder, StoredBuilders } from "./stored-builders.js";
import { diagnosticsFor, isVisible } from "./visibility.js";

/** What is known of the builder of a node that is removed. */
export type NodeOwner = Pick<BuilderRecord, "driver" | "untrusted">;

/** Finds builders: stored ones, implicit ones that drivers offer, and those that buildx stores. */
export class BuilderRegistry {
  readonly #store: Store;
  readonly #plugins: PluginManager;
  readonly #defaults: DefaultBuilders;
  readonly #stored: StoredBuilders;
  readonly #upgrades: BuilderUpgrades;
  /** Of the open calls: each ends its call if its user has lost access to a builder. */
  readonly #accessChecks = new Set<(changed: BuilderRecord) => void>();

  constructor(store: Store, plugins: PluginManager, keyring: Keyring, log: Log) {
    this.#store = store;
    this.#plugins = plugins;
    this.#stored = new StoredBuilders(store, keyring, (driver) => findDescriptor(plugins, driver));
    this.#upgrades = new BuilderUpgrades(plugins, this.#stored, log);
    this.#defaults = new DefaultBuilders(store);
  }

  /** Encrypts the stored secrets with the first key. Before anything else uses the builders. */
  sealSecrets(): Promise<void> {
    return this.#stored.sealAll();
  }

  /** The builders whose secrets cannot be decrypted. */
  lockedBuilders(): LockedBuilder[] {
    return this.#stored.locked();
  }

  /** Names of the stored builders that every client on TCP with the role builder may use. */
  openBuilders(): string[] {
    return this.#stored
      .all()
      .flatMap(({ name, allowedPrincipals }) => (allowedPrincipals.length === 0 ? name : []));
  }

  /** Names of the builders with secrets that are not encrypted. */
  buildersInClear(): Promise<string[]> {
    return this.#stored.inClear();
  }

  /**
   * A builder that can be used: as {@link find}, and {@link upgrade}. One whose secrets cannot be decrypted is refused.
   * @param warn called with what the user should know about an upgrade
   */
  async resolve(name: string, user: User, warn?: (warning: Diagnostic) => void): Promise<BuilderRecord> {
    const { builder, warnings } = await this.upgrade(await this.#unlocked(name, user));
    for (const warning of warnings) warn?.(warning);
    return builder;
  }

  /** A builder in the form that the current plugin of its driver understands; see {@link BuilderUpgrades}. */
  upgrade(builder: BuilderRecord): Promise<UpgradedBuilder> {
    return this.#upgrades.upgrade(builder);
  }

  /** Why the secrets of a builder cannot be decrypted; undefined when they can. */
  lockOf({ name, implicit, origin }: BuilderRecord): ConnectError | undefined {
    return implicit || origin ? undefined : this.#stored.lockOf(name);
  }

  /**
   * As {@link resolve}, to build. FAILED_PRECONDITION, reason BUILDER_UNTRUSTED, for a builder of the other class of trust,
   * which only an admin sees.
   */
  async resolveToBuild(
    name: string,
    user: User,
    warn?: (warning: Diagnostic) => void,
  ): Promise<BuilderRecord> {
    const builder = await this.resolve(name, user, warn);
    if (builder.untrusted !== (user.principal.isUntrusted ?? false)) throw forUntrusted(builder.name);
    return builder;
  }

  /**
   * The builder with that name, or the default for an empty name; NOT_FOUND, reason BUILDER_UNKNOWN. The default of an
   * untrusted principal is the only builder that it sees; FAILED_PRECONDITION, reason UNTRUSTED_BUILDER_MISSING.
   */
  async find(name: string, user: User): Promise<BuilderRecord> {
    if (!name && user.principal.isUntrusted) return this.#onlyOne(user);
    const askDrivers = lazyImplicitBuilders(this.#plugins, user.environment);
    const chosen = await this.#chosen(askDrivers);
    const wanted = name || chosen;
    if (!wanted) {
      const { selected, diagnostics } = await this.#implicit(askDrivers);
      if (!selected) throw noDefault(diagnosticsFor(user, diagnostics));
      if (!isVisible(selected, user)) throw noDefault([]);
      return this.#mark(selected, selected.name);
    }
    const existing = this.#getStored(wanted) ?? (await this.#unstored(wanted, askDrivers, user));
    const found = existing && isVisible(existing, user) ? existing : undefined;
    if (!found && name) throw unknownBuilder(wanted, (await this.list(user)).builders);
    // The name of a builder is not for those who may not use it.
    if (!found) throw hasRole(user.principal, "admin") && !existing ? defaultGone(wanted) : noDefault([]);
    return this.#mark(found, chosen ?? (found.current ? found.name : undefined));
  }

  async #onlyOne(user: User): Promise<BuilderRecord> {
    const { builders } = await this.list(user);
    if (builders.length === 1) return builders[0]!;
    throw builders.length === 0 ? untrustedBuilderMissing() : severalBuilders(builders);
  }

  /** All builders: stored ones by name, then those of buildx, then implicit ones. Each name is listed once. */
  async list(user: User): Promise<{ builders: BuilderRecord[]; diagnostics: Diagnostic[] }> {
    const askDrivers = lazyImplicitBuilders(this.#plugins, user.environment);
    const [implicit, buildx] = await Promise.all([
      this.#implicit(askDrivers),
      findBuildxBuilders(this.#plugins, user),
    ]);
    const current = (await this.#chosen(askDrivers)) ?? implicit.selected?.name;
    const diagnostics = diagnosticsFor(user, [...implicit.diagnostics, ...buildx.diagnostics]);
    // When names clash, the stored builder wins; then the implicit one, which cannot be given another name.
    const shown = new Map<string, BuilderRecord>();
    const stored = this.#stored.all();
    for (const builder of [...stored, ...implicit.builders, ...buildx.builders]) {
      if (!isVisible(builder, user)) continue;
      const other = shown.get(builder.name);
      if (other) diagnostics.push(hiddenBuilder(builder, other));
      else shown.set(builder.name, this.#mark(builder, current));
    }
    const rank = ({ origin, implicit: isImplicit }: BuilderRecord) => (isImplicit ? 2 : origin ? 1 : 0);
    return { builders: [...shown.values()].sort((a, b) => rank(a) - rank(b)), diagnostics };
  }

  /** A builder that can be changed: as {@link removable}, but one whose secrets cannot be decrypted is refused. */
  async changeable(name: string, user: User): Promise<BuilderRecord> {
    return this.#withoutLock(await this.removable(name, user));
  }

  /** A builder that is stored here; FAILED_PRECONDITION, reason BUILDER_READ_ONLY, otherwise. */
  async removable(name: string, user: User): Promise<BuilderRecord> {
    const builder = await this.find(name, user);
    if (builder.implicit || builder.origin) throw readOnly(builder);
    return builder;
  }

  /**
   * A builder whose access can be set: as {@link changeable}, or an implicit one. Instances of buildx are for their user
   * only.
   */
  async limitable(name: string, user: User): Promise<BuilderRecord> {
    const builder = await this.#unlocked(name, user);
    if (builder.origin) throw readOnly(builder);
    return builder;
  }

  /** Sets the principals that may use a builder, and returns the builder. */
  async limit(before: BuilderRecord, allowedPrincipals: string[]): Promise<BuilderRecord> {
    const builder = { ...before, allowedPrincipals };
    if (before.implicit) await this.#store.setAccess(before.name, allowedPrincipals);
    else await this.put(builder);
    for (const check of this.#accessChecks) check(builder);
    return builder;
  }

  /**
   * Runs a call on a builder while its user has access to the builder. When that is lost, the signal of the work aborts,
   * and the call ends with NOT_FOUND, reason BUILDER_UNKNOWN.
   */
  async *whileVisible<T>(
    builder: BuilderRecord,
    user: User,
    signal: AbortSignal,
    work: (signal: AbortSignal) => AsyncGenerator<T>,
  ): AsyncGenerator<T> {
    const lost = new AbortController();
    const check = (changed: BuilderRecord) => {
      if (changed.name === builder.name && !isVisible(changed, user))
        lost.abort(unknownBuilder(builder.name, []));
    };
    this.#accessChecks.add(check);
    try {
      yield* work(AbortSignal.any([signal, lost.signal]));
      lost.signal.throwIfAborted();
    } catch (cause) {
      lost.signal.throwIfAborted();
      throw cause;
    } finally {
      this.#accessChecks.delete(check);
    }
  }

  /** Why a new builder cannot have this name, as a clause; undefined if it can. */
  async taken(name: string, environment: Environment): Promise<string | undefined> {
    const { builders } = await lazyImplicitBuilders(this.#plugins, environment)();
    if (builders.some((other) => other.name === name)) return "a driver offers a builder with this name";
    return this.#store.builders.get(name) && "a builder with this name exists";
  }

  /** Name of the stored builder that has a node with this name. */
  ownerOf(node: string): string | undefined {
    return this.#store.builders.all().find(({ nodes }) => nodes.some((each) => each.node === node))?.name;
  }

  /** Name of a stored builder of the other class of trust, which has the driver and an endpoint of this one. */
  otherClassAt({ driver, untrusted, nodes }: BuilderRecord): string | undefined {
    const endpoints = nodes.map(({ endpoint }) => endpoint);
    return this.#store.builders
      .all()
      .find(
        (other) =>
          other.driver === driver &&
          other.untrusted !== untrusted &&
          other.nodes.some(({ endpoint }) => endpoints.includes(endpoint)),
      )?.name;
  }

  /** Whether a builder of the other class of trust may have left its build cache to a node of this one. */
  isLeftTo({ driver, untrusted }: BuilderRecord, node: string): boolean {
    const left = this.#store.left.of(nodeKey(driver, { node }));
    return left.some((before) => before.untrusted !== untrusted);
  }

  /** Records whether a node of a builder has left its build cache. */
  async setLeft(builder: NodeOwner, config: NodeConfig, isLeft: boolean): Promise<void> {
    const key = cacheKeyOf(builder.driver, config);
    if (isLeft) await this.#store.left.put(key, builder);
    else await this.#store.left.remove(key);
  }

  /** Stores a builder. */
  async put(builder: BuilderRecord): Promise<void> {
    await this.#stored.put(builder);
  }

  /** Removes a builder, also as the default. */
  async remove(name: string): Promise<void> {
    await this.#stored.remove(name);
    await this.#defaults.forget(name);
    await this.#store.setLastUse(name, undefined);
  }

  /** Records that a builder is used now. */
  async touch(name: string): Promise<void> {
    await this.#store.setLastUse(name, Date.now());
  }

  /**
   * Makes a builder the default. An empty name restores what the environment selects; undefined when that is nothing
   * that the user may use.
   */
  async setDefault(name: string, user: User, isGlobal: boolean): Promise<BuilderRecord | undefined> {
    const found = name ? (await this.find(name, user)).name : "";
    const { selected } = await this.#implicit(lazyImplicitBuilders(this.#plugins, user.environment));
    await this.#defaults.choose(found, selected, isGlobal);
    if (found) return this.find(found, user);
    return selected && isVisible(selected, user) ? this.#mark(selected, selected.name) : undefined;
  }

  async #unlocked(name: string, user: User): Promise<BuilderRecord> {
    return this.#withoutLock(await this.find(name, user));
  }

  #withoutLock(builder: BuilderRecord): BuilderRecord {
    const lock = this.lockOf(builder);
    if (lock) throw lock;
    return builder;
  }

  #getStored(name: string): BuilderRecord | undefined {
    return this.#stored.get(name) ?? this.#stored.get(name.toLowerCase());
  }

  async #unstored(name: string, askDrivers: AskDrivers, user: User): Promise<BuilderRecord | undefined> {
    const implicit = (await this.#implicit(askDrivers)).builders.find((builder) => builder.name === name);
    if (implicit) return implicit;
    const { builders, diagnostics } = await findBuildxBuilders(this.#plugins, user, name);
    if (!builders[0] && diagnostics[0]) throw instanceUnusable(diagnostics[0]);
    return builders[0];
  }

  /** The implicit builders, with the principals to whom they are open. */
  async #implicit(askDrivers: AskDrivers): Promise<ImplicitBuilders> {
    const answer = await askDrivers();
    for (const builder of answer.builders) builder.allowedPrincipals = this.#store.access(builder.name);
    return answer;
  }

  /** Name of the builder that was made the default. The drivers are asked only if the environment matters. */
  async #chosen(askDrivers: AskDrivers): Promise<string | undefined> {
    return this.#defaults.chosen(this.#defaults.areScoped ? (await askDrivers()).selected : undefined);
  }

  #mark(builder: BuilderRecord, current: string | undefined): BuilderRecord {
    builder.current = builder.name === current;
    const lastUse = this.#store.lastUse(builder.name);
    builder.lastUseTime = lastUse === undefined ? undefined : timestampFromMs(lastUse);
    return builder;
  }
}

/** How long a descriptor is waited for, in milliseconds: a plugin that hangs must not hold up the host's start. */
const describeMs = 5_000;

async function findDescriptor(plugins: PluginManager, driver: string): Promise<DriverDescriptor | undefined> {
  const known = plugins.describe();
  if (!(await settlesWithin(describeMs, known))) return undefined;
  return (await known).find(({ descriptor }) => descriptor.name === driver)?.descriptor;
}
