import { createHash } from "node:crypto";
import type { BuilderInstance } from "../../gen/slipway/v1/builder_pb.js";
import type { Store } from "../store/store.js";

/** Key of the default for all environments that have none of their own. */
const everywhere = "*";

/**
 * Which builder was made the default, and where. As in buildx a choice holds for the endpoint that was selected when
 * it was made, here for environments that select the same implicit builder, unless it was made for all.
 */
export class DefaultBuilders {
  constructor(private readonly store: Store) {}

  /** Some choice depends on the environment. */
  get areScoped(): boolean {
    return [...this.store.defaultBuilders()].some(([key]) => key !== everywhere);
  }

  /** Name of the builder that was chosen; undefined when none was. */
  chosen(selected: BuilderInstance | undefined): string | undefined {
    const own = selected && this.store.defaultBuilder(keyOf(selected));
    return own ?? this.store.defaultBuilder(everywhere);
  }

  /** Chooses a builder, or with an empty name none, for environments like this one or for all. */
  async choose(name: string, selected: BuilderInstance | undefined, isGlobal: boolean): Promise<void> {
    const own = selected && keyOf(selected);
    // Without an implicit builder there is nothing to tell environments apart.
    const key = isGlobal || !own ? everywhere : own;
    // What is said last holds here, whatever was said before.
    if (own && key !== own) await this.store.setDefaultBuilder(own, undefined);
    if (name) await this.store.setDefaultBuilder(key, name);
    else for (const each of [key, everywhere]) await this.store.setDefaultBuilder(each, undefined);
  }

  /** Forgets every choice of a builder. */
  async forget(name: string): Promise<void> {
    for (const [key, chosen] of this.store.defaultBuilders())
      if (chosen === name) await this.store.setDefaultBuilder(key, undefined);
  }
}

function keyOf({ driver, nodes }: BuilderInstance): string {
  const endpoint = nodes[0]?.config?.endpoint ?? "";
  return createHash("sha256").update(`${driver} ${endpoint}`).digest("hex").slice(0, 20);
}
