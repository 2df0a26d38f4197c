import type { BuildSpec } from "../../../gen/slipway/build/v1/build_spec_pb.js";
import type { BuildDefaults } from "../../../gen/slipway/driver/v1/node_pb.js";
import { isTrue } from "./booleans.js";
import { type Features, unsupported } from "./features.js";

/** A cache backend as BuildKit takes it. */
export interface Cache {
  readonly type: string;
  readonly attributes: Readonly<Record<string, string>>;
}

/** A cache to import, with its field in the specification. */
export interface CacheImport extends Cache {
  readonly field: string;
}

/** The caches that one node imports and exports. */
export interface Caches {
  readonly imports: readonly Cache[];
  readonly exports: readonly Cache[];
}

/**
 * The caches of a build for one node. Throws FEATURE_UNSUPPORTED for a cache that the node cannot use, since none is
 * ignored silently.
 * @param imports the caches to import that are not empty
 */
export function cachesOf(
  spec: BuildSpec,
  imports: readonly CacheImport[],
  defaults: BuildDefaults | undefined,
  features: Features,
): Caches {
  const inline = spec.buildArgs.BUILDKIT_INLINE_CACHE;
  const addsInline = inline && isTrue(inline) && !spec.cacheTo.some(({ type }) => type === "inline");
  const exports = spec.cacheTo.map((cache, index) => {
    const field = `spec.cache_to[${index}]`;
    if (cache.type !== "inline") features.require("cache.export", field, `Cache export to ${cache.type}`);
    return accept(cache, field, "exported to", defaults?.cacheExports ?? []);
  });
  return {
    imports: imports.map((cache) =>
      accept(cache, cache.field, "imported from", defaults?.cacheImports ?? []),
    ),
    exports: addsInline ? [...exports, { type: "inline", attributes: {} }] : exports,
  };
}

function accept({ type, attributes }: Cache, field: string, verb: string, known: readonly string[]): Cache {
  if (known.length > 0 && !known.includes(type)) {
    const message = `Build cache cannot be ${verb} ${JSON.stringify(type)} on this node, only ${known.join(", ")}.`;
    throw unsupported(field, message);
  }
  return { type, attributes };
}
