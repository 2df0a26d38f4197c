import { InputError } from "../../errors/input-error.js";
import { parseDuration } from "../values/parse-duration.js";

/** Records of the build cache that `--filter` selects. */
export interface CacheFilters {
  /** BuildKit's filters; a record must match all. */
  filters: string[];
  /** Minimum time since the last use, in milliseconds; undefined for all records. */
  unusedForMs: number | undefined;
}

/** Parses `--filter` as buildx does: `until=24h`, `id=…`, `type=regular`, `shared`, `description~=…`, `private!=…`. */
export function parseCacheFilters(values: readonly string[] = []): CacheFilters {
  const filters: string[] = [];
  let unusedForMs: number | undefined;
  for (const text of values) {
    const equals = text.indexOf("=");
    const key = equals < 0 ? text : text.slice(0, equals);
    const value = text.slice(equals + 1);
    if (key === "until" || key === "unused-for") {
      if (unusedForMs !== undefined) throw invalid(`"${key}" filter expects only one value`);
      unusedForMs = parseDuration(value);
    } else if (equals < 0) filters.push(key);
    else if (key === "id") filters.push(`id~=${value}`);
    else filters.push(/[!~]$/.test(key) ? `${key}=${value}` : `${key}==${value}`);
  }
  return { filters, unusedForMs };
}

function invalid(message: string): InputError {
  return new InputError({
    reason: "FILTER_INVALID",
    field: "--filter",
    message,
    remedy: "Give it once, such as until=24h.",
  });
}
