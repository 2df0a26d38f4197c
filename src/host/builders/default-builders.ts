import { createHash } from "node:crypto";
import type { BuilderRecord } from "../../gen/slipway/state/v1/builder_record_pb.js";
import type { Store } from "../store/store.js";

/** Key of the default for environments without their own. */
const everywhere = "*";

/**
 * The default builders. As in buildx, a choice applies to the endpoint that was selected when the choice was made: to
 * environments that select the same implicit builder, unless the choice is for all environments.
 */
export class DefaultBuilders {
  constructor(private readonly store: Store) {}

  /** Whether any choice depends on the environment. */
  get areScoped(): boolean {
    return [...this.store.defaultBuilders()].some(([key]) => key !== everywhere);
  }

  /** Name of the chosen builder; undefined when none was chosen. */
  chosen(selected: BuilderRecord | undefined): string | undefined {
    const own = selected && this.store.defaultBuilder(keyOf(selected));
    return own ?? this.store.defaultBuilder(everywhere);
  }

  /** Chooses a builder for environments like this one, or for all. An empty name removes the choice. */
  async choose(name: string, selected: BuilderRecord | undefined, allEnvironments: boolean): Promise<void> {
    const own = selected && keyOf(selected);
    // Without an implicit builder, environments cannot be distinguished.
    const key = allEnvironments || !own ? everywhere : own;
    // The last choice wins here, also over an earlier one for this environment only.
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

function keyOf({ driver, nodes }: BuilderRecord): string {
  const endpoint = nodes[0]?.endpoint ?? "";
  return createHash("sha256").update(`${driver} ${endpoint}`).digest("hex").slice(0, 20);
}
