import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import type { Diagnostic } from "../../gen/slipway/driver/v1/diagnostic_pb.js";
import { type BuilderInstance, BuilderInstanceSchema } from "../../gen/slipway/v1/builder_pb.js";
import { mayUse } from "../access/authorize.js";
import type { Environment, User } from "../access/user.js";
import type { PluginManager } from "../plugins/plugin-manager.js";
import type { Store } from "../store/store.js";
import { defaultGone, instanceUnusable, noDefault, readOnly, unknownBuilder } from "./builder-errors.js";
import { findBuildxBuilders } from "./buildx-builders.js";
import { DefaultBuilders } from "./default-builders.js";
import { hiddenBuilder } from "./hidden-builder.js";
import { type AskDrivers, lazyImplicitBuilders } from "./implicit-builders.js";

/** Finds builders: stored ones, implicit ones that drivers offer, and those that buildx stores. */
export class BuilderRegistry {
  readonly #store: Store;
  readonly #plugins: PluginManager;
  readonly #defaults: DefaultBuilders;

  constructor(store: Store, plugins: PluginManager) {
    this.#store = store;
    this.#plugins = plugins;
    this.#defaults = new DefaultBuilders(store);
  }

  /** The builder with that name, or the default for an empty name; NOT_FOUND, reason BUILDER_UNKNOWN. */
  async resolve(name: string, user: User): Promise<BuilderInstance> {
    const askDrivers = lazyImplicitBuilders(this.#plugins, user.environment);
    const chosen = await this.#chosen(askDrivers);
    const wanted = name || chosen;
    if (!wanted) {
      const { selected, diagnostics } = await askDrivers();
      if (!selected) throw noDefault(diagnostics);
      return this.#mark(selected, selected.name);
    }
    const existing = this.#stored(wanted) ?? (await this.#unstored(wanted, askDrivers, user));
    const found = existing && mayUse(user.principal, existing.allowedPrincipals) ? existing : undefined;
    if (!found) throw name ? unknownBuilder(wanted, (await this.list(user)).builders) : defaultGone(wanted);
    return this.#mark(found, chosen ?? (found.current ? found.name : undefined));
  }

  /** All builders: stored ones by name, then those of buildx, then implicit ones. Each name is listed once. */
  async list(user: User): Promise<{ builders: BuilderInstance[]; diagnostics: Diagnostic[] }> {
    const askDrivers = lazyImplicitBuilders(this.#plugins, user.environment);
    const [implicit, buildx] = await Promise.all([askDrivers(), findBuildxBuilders(this.#plugins, user)]);
    const current = (await this.#chosen(askDrivers)) ?? implicit.selected?.name;
    const diagnostics = [...implicit.diagnostics, ...buildx.diagnostics];
    // When names clash, the stored builder wins; then the implicit one, which cannot be given another name.
    const shown = new Map<string, BuilderInstance>();
    const stored = this.#store.builders();
    for (const builder of [...stored, ...implicit.builders, ...buildx.builders]) {
      if (!mayUse(user.principal, builder.allowedPrincipals)) continue;
      const other = shown.get(builder.name);
      if (other) diagnostics.push(hiddenBuilder(builder, other));
      else shown.set(builder.name, this.#mark(builder, current));
    }
    const rank = ({ origin, implicit: isImplicit }: BuilderInstance) => (isImplicit ? 2 : origin ? 1 : 0);
    return { builders: [...shown.values()].sort((a, b) => rank(a) - rank(b)), diagnostics };
  }

  /** A builder that can be changed; FAILED_PRECONDITION, reason BUILDER_READ_ONLY, unless it is stored here. */
  async changeable(name: string, user: User): Promise<BuilderInstance> {
    const builder = await this.resolve(name, user);
    if (builder.implicit || builder.origin) throw readOnly(builder);
    return builder;
  }

  /** Why a new builder cannot have this name, as a clause; undefined if it can. */
  async taken(name: string, environment: Environment): Promise<string | undefined> {
    const { builders } = await lazyImplicitBuilders(this.#plugins, environment)();
    if (builders.some((other) => other.name === name)) return "a driver offers a builder with this name";
    return this.#store.builder(name) && "a builder with this name exists";
  }

  /** Name of the stored builder that has a node with this name. */
  ownerOf(node: string): string | undefined {
    return this.#store.builders().find(({ nodes }) => nodes.some(({ config }) => config?.node === node))
      ?.name;
  }

  /** Stores a builder. */
  async put(builder: BuilderInstance): Promise<void> {
    await this.#store.putBuilder(
      create(BuilderInstanceSchema, { ...builder, current: false, lastUseTime: undefined }),
    );
  }

  /** Removes a builder, also as the default. */
  async remove(name: string): Promise<void> {
    await this.#store.removeBuilder(name);
    await this.#defaults.forget(name);
    await this.#store.setLastUse(name, undefined);
  }

  /** Records that a builder is used now. */
  async touch(name: string): Promise<void> {
    await this.#store.setLastUse(name, Date.now());
  }

  /** Makes a builder the default. An empty name restores what the environment selects. */
  async setDefault(name: string, user: User, isGlobal: boolean): Promise<BuilderInstance> {
    const found = name ? (await this.resolve(name, user)).name : "";
    const { selected } = await lazyImplicitBuilders(this.#plugins, user.environment)();
    await this.#defaults.choose(found, selected, isGlobal);
    return this.resolve("", user);
  }

  #stored(name: string): BuilderInstance | undefined {
    return this.#store.builder(name) ?? this.#store.builder(name.toLowerCase());
  }

  async #unstored(name: string, askDrivers: AskDrivers, user: User): Promise<BuilderInstance | undefined> {
    const implicit = (await askDrivers()).builders.find((builder) => builder.name === name);
    if (implicit) return implicit;
    const { builders, diagnostics } = await findBuildxBuilders(this.#plugins, user, name);
    if (!builders[0] && diagnostics[0]) throw instanceUnusable(diagnostics[0]);
    return builders[0];
  }

  /** Name of the builder that was made the default. The drivers are asked only if the environment matters. */
  async #chosen(askDrivers: AskDrivers): Promise<string | undefined> {
    return this.#defaults.chosen(this.#defaults.areScoped ? (await askDrivers()).selected : undefined);
  }

  #mark(builder: BuilderInstance, current: string | undefined): BuilderInstance {
    builder.current = builder.name === current;
    const lastUse = this.#store.lastUse(builder.name);
    builder.lastUseTime = lastUse === undefined ? undefined : timestampFromMs(lastUse);
    return builder;
  }
}
