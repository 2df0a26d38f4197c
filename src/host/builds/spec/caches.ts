import type { BuildDefaults } from "../../../gen/slipway/driver/v1/node_pb.js";
import type { BuildSpec, CacheBackend } from "../../../gen/slipway/v1/build_spec_pb.js";
import { isTrue } from "./booleans.js";
import { type Features, unsupported } from "./features.js";

/** A cache backend as BuildKit takes it. */
export interface Cache {
  type: string;
  attributes: Record<string, string>;
}

/** The caches to import and export; throws when the node cannot use one of them, since none is ever dropped. */
export function cachesOf(
  spec: BuildSpec,
  defaults: BuildDefaults | undefined,
  features: Features,
): { imports: Cache[]; exports: Cache[] } {
  const imports = spec.cacheFrom.map((cache, index) =>
    accept(cache, `spec.cache_from[${index}]`, "imported from", defaults?.cacheImports ?? []),
  );
  const exports = spec.cacheTo.map((cache, index) => {
    const field = `spec.cache_to[${index}]`;
    if (cache.type !== "inline") features.require("cache.export", field, `cache export to ${cache.type}`);
    return accept(cache, field, "exported to", defaults?.cacheExports ?? []);
  });
  const inline = spec.buildArgs.BUILDKIT_INLINE_CACHE;
  if (inline && isTrue(inline) && !exports.some((cache) => cache.type === "inline")) {
    exports.push({ type: "inline", attributes: {} });
  }
  return { imports, exports };
}

function accept(cache: CacheBackend, field: string, verb: string, known: string[]): Cache {
  if (known.length > 0 && !known.includes(cache.type)) {
    const message = `build cache cannot be ${verb} ${JSON.stringify(cache.type)} on this node, only ${known.join(", ")}`;
    throw unsupported(field, message);
  }
  return { type: cache.type, attributes: cache.attributes };
}
