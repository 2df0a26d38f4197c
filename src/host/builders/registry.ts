import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { type Diagnostic, DiagnosticSchema, Severity } from "../../gen/slipway/driver/v1/diagnostic_pb.js";
import { type BuilderInstance, BuilderInstanceSchema, NodeSchema } from "../../gen/slipway/v1/builder_pb.js";
import type { Environment, User } from "../base/user.js";
import { findImplicitBuilders } from "../nodes/implicit.js";
import type { PluginManager } from "../plugins/plugin-manager.js";
import type { Store } from "../store/store.js";
import { defaultGone, instanceUnusable, noDefault, readOnly, unknownBuilder } from "./builder-errors.js";
import { DefaultBuilders } from "./defaults.js";
import { findForeignBuilders } from "./foreign.js";

/** Knows every builder: the stored ones, those that drivers offer by themselves, and those that buildx keeps. */
export class BuilderRegistry {
  readonly #store: Store;
  readonly #plugins: PluginManager;
  readonly #defaults: DefaultBuilders;

  constructor(store: Store, plugins: PluginManager) {
    this.#store = store;
    this.#plugins = plugins;
    this.#defaults = new DefaultBuilders(store);
  }

  /** The builder of that name, or the default for an empty one; NOT_FOUND, reason BUILDER_UNKNOWN. */
  async resolve(name: string, user: User): Promise<BuilderInstance> {
    const surroundings = this.#look(user.environment);
    const chosen = await this.#chosen(surroundings);
    const wanted = name || chosen;
    if (!wanted) {
      const { selected, diagnostics } = await surroundings();
      if (!selected) throw noDefault(diagnostics);
      return this.#mark(selected, selected.name);
    }
    const found = this.#stored(wanted) ?? (await this.#unstored(wanted, surroundings, user));
    if (!found) throw name ? unknownBuilder(wanted, (await this.list(user)).builders) : defaultGone(wanted);
    return this.#mark(found, chosen ?? (found.current ? found.name : undefined));
  }

  /** All builders: stored ones by name, then those of buildx, then implicit ones. Of one name the first is shown. */
  async list(user: User): Promise<{ builders: BuilderInstance[]; diagnostics: Diagnostic[] }> {
    const surroundings = this.#look(user.environment);
    const [implicit, foreign] = await Promise.all([surroundings(), findForeignBuilders(this.#plugins, user)]);
    const current = (await this.#chosen(surroundings)) ?? implicit.selected?.name;
    const diagnostics = [...implicit.diagnostics, ...foreign.diagnostics];
    // What exists by itself cannot be given another name, so it goes before what buildx keeps.
    const shown = new Map<string, BuilderInstance>();
    for (const builder of [...this.#store.builders(), ...implicit.builders, ...foreign.builders]) {
      const other = shown.get(builder.name);
      if (other) diagnostics.push(hidden(builder, other));
      else shown.set(builder.name, this.#mark(builder, current));
    }
    const rank = ({ origin, implicit: exists }: BuilderInstance) => (exists ? 2 : origin ? 1 : 0);
    return { builders: [...shown.values()].sort((a, b) => rank(a) - rank(b)), diagnostics };
  }

  /** A builder that can be changed; FAILED_PRECONDITION, reason BUILDER_READ_ONLY, for one that is not kept here. */
  async changeable(name: string, user: User): Promise<BuilderInstance> {
    const builder = await this.resolve(name, user);
    if (builder.implicit || builder.origin) throw readOnly(builder);
    return builder;
  }

  /** Why a new builder cannot have a name; undefined if it can. */
  async taken(name: string, environment: Environment): Promise<string | undefined> {
    const { builders } = await this.#look(environment)();
    if (builders.some((other) => other.name === name))
      return "it is the name of a builder that exists by itself";
    return this.#store.builder(name) && "there is a builder of that name";
  }

  /** Name of the stored builder that has a node of that name. */
  ownerOf(node: string): string | undefined {
    return this.#store.builders().find(({ nodes }) => nodes.some(({ config }) => config?.node === node))
      ?.name;
  }

  /** A stored builder. */
  stored(name: string): BuilderInstance | undefined {
    return this.#store.builder(name);
  }

  /** Stores a builder as it now is. */
  async put(builder: BuilderInstance): Promise<void> {
    await this.#store.putBuilder(
      create(BuilderInstanceSchema, { ...builder, current: false, lastUseTime: undefined }),
    );
  }

  /** Forgets a builder, also as the default. */
  async remove(name: string): Promise<void> {
    await this.#store.removeBuilder(name);
    await this.#defaults.forget(name);
    await this.#store.setLastUse(name, undefined);
  }

  /** Notes that a builder is used now. */
  async touch(name: string): Promise<void> {
    await this.#store.setLastUse(name, Date.now());
  }

  /** Makes a builder the default; an empty name goes back to what the environment selects. */
  async setDefault(name: string, user: User, isGlobal: boolean): Promise<BuilderInstance> {
    const found = name ? (await this.resolve(name, user)).name : "";
    const { selected } = await this.#look(user.environment)();
    await this.#defaults.choose(found, selected, isGlobal);
    return this.resolve("", user);
  }

  #stored(name: string): BuilderInstance | undefined {
    return this.#store.builder(name) ?? this.#store.builder(name.toLowerCase());
  }

  async #unstored(
    name: string,
    surroundings: Surroundings,
    user: User,
  ): Promise<BuilderInstance | undefined> {
    const { builders } = await surroundings();
    const implicit = builders.find((builder) => builder.name === name);
    if (implicit) return implicit;
    const { builders: foreign, diagnostics } = await findForeignBuilders(this.#plugins, user, name);
    if (!foreign[0] && diagnostics[0]) throw instanceUnusable(diagnostics[0]);
    return foreign[0];
  }

  /** Name of the builder that was made the default here. What the environment selects is looked at only if it counts. */
  async #chosen(surroundings: Surroundings): Promise<string | undefined> {
    return this.#defaults.chosen(this.#defaults.areScoped ? (await surroundings()).selected : undefined);
  }

  #mark(builder: BuilderInstance, current: string | undefined): BuilderInstance {
    builder.current = builder.name === current;
    const lastUse = this.#store.lastUse(builder.name);
    builder.lastUseTime = lastUse === undefined ? undefined : timestampFromMs(lastUse);
    return builder;
  }

  /** Asks the drivers at most once, and not before it matters. */
  #look(environment: Environment): Surroundings {
    let answer: Promise<Awaited<ReturnType<Surroundings>>> | undefined;
    return () => {
      answer ??= findImplicitBuilders(this.#plugins, environment).then(({ found, diagnostics }) => {
        const builders = found.map(({ driver, builder: { config, current } }) => {
          const name = config?.builder ?? "";
          const nodes = [create(NodeSchema, { config })];
          return create(BuilderInstanceSchema, { name, driver, nodes, implicit: true, current });
        });
        return { builders, selected: builders.find(({ current }) => current), diagnostics };
      });
      return answer;
    };
  }
}

/** The builders that exist by themselves for a user, and which of them the environment selects. */
type Surroundings = () => Promise<{
  builders: BuilderInstance[];
  selected?: BuilderInstance;
  diagnostics: Diagnostic[];
}>;

function hidden({ name, driver, origin }: BuilderInstance, other: BuilderInstance): Diagnostic {
  const what = origin ? `the buildx instance ${origin}` : `the driver ${driver}'s own builder ${name}`;
  const by = other.implicit
    ? `the driver ${other.driver}'s own builder`
    : "the builder of that name that was created here";
  return create(DiagnosticSchema, {
    severity: Severity.INFO,
    reason: "BUILDER_HIDDEN",
    message: `${what} is hidden by ${by}`,
    remedy: origin ? "remove one of the two to use the other" : `remove the builder ${name} to use it`,
  });
}
