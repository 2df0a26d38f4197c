import { InputError } from "../../errors/input-error.js";
import { BuildState } from "../../gen/slipway/v1/build_event_pb.js";

/** Builds that `--filter` selects. */
export interface BuildFilters {
  /** A part of the name or id; empty for all. */
  name: string;
  /** The principal that started them; empty for all. */
  owner: string;
  /** Empty for all. */
  states: BuildState[];
}

/** Parses `--filter`: `name=…`, `owner=…`, and any number of `state=…`. Throws FILTER_INVALID. */
export function parseBuildFilters(values: readonly string[] = []): BuildFilters {
  const filters: BuildFilters = { name: "", owner: "", states: [] };
  for (const text of values) {
    const equals = text.indexOf("=");
    const key = text.slice(0, Math.max(0, equals));
    const value = text.slice(equals + 1);
    if (!value) throw invalid(`The filter ${JSON.stringify(text)} has no value.`);
    if (key === "state") filters.states.push(stateOf(value));
    else if (key !== "name" && key !== "owner")
      throw invalid(`There is no filter ${JSON.stringify(key || text)}.`);
    else if (filters[key]) throw invalid(`The filter ${JSON.stringify(key)} has two values.`);
    else filters[key] = value;
  }
  return filters;
}

const stateNames = Object.keys(BuildState).filter((name) => /^[A-Z]+$/.test(name) && name !== "UNSPECIFIED");

function stateOf(value: string): BuildState {
  const name = value.toUpperCase();
  if (!stateNames.includes(name)) {
    const names = stateNames.map((name) => name.toLowerCase()).join(", ");
    throw invalid(`There is no state ${JSON.stringify(value)}. The states are ${names}.`);
  }
  return BuildState[name as keyof typeof BuildState];
}

function invalid(message: string): InputError {
  return new InputError({
    reason: "FILTER_INVALID",
    field: "--filter",
    message,
    remedy: "Filter by name=TEXT, owner=PRINCIPAL or state=STATE.",
  });
}
