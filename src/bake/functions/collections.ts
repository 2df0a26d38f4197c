import { unify } from "../hcl/convert.js";
import type { HclFunction } from "../hcl/evaluate.js";
import { HclError } from "../hcl/hcl-error.js";
import { HclNumber } from "../hcl/number.js";
import { isEqual, Mapping, Sequence, setOf, type Value } from "../hcl/value.js";
import { ArgumentError, entries, fn, integer, items, number, numberOf, text, texts } from "./arguments.js";

const many = { rest: "dynamic" } as const;
const anySet = { kind: "set", element: "any" } as const;

/** Functions of lists, sets, maps and objects. */
export const collectionFunctions: Record<string, HclFunction> = {
  chunklist: fn(["dynamic", "number"], (list, size) => {
    const all = items(list);
    const length = integer(size);
    if (length < 0) throw new ArgumentError("the size argument must be positive");
    if (length === 0) return new Sequence(all.length ? [new Sequence(all, "list")] : [], "list");
    const count = Math.ceil(all.length / length);
    const chunk = (index: number) => new Sequence(all.slice(index * length, (index + 1) * length), "list");
    return new Sequence(
      Array.from({ length: count }, (_, index) => chunk(index)),
      "list",
    );
  }),
  coalesce: fn(
    [],
    (...all) => {
      if (all.length === 0) throw new ArgumentError("at least one argument is required");
      const found = all.findIndex((value) => value !== null);
      if (found < 0) throw new ArgumentError("no non-null arguments");
      return all.reduce<Value>((value, other) => unify(value, other)[0], all[found]!);
    },
    { ...many, nullable: true },
  ),
  coalescelist: fn(
    [],
    (...all) => {
      if (all.length === 0) throw new ArgumentError("at least one argument is required");
      const found = all.find((value) => value !== null && items(value).length > 0);
      if (!found) throw new ArgumentError("no non-null arguments");
      return found;
    },
    { ...many, nullable: true },
  ),
  compact: fn(
    [{ kind: "list", element: "string" }],
    (list) =>
      new Sequence(
        items(list).filter((item) => item !== null && item !== ""),
        "list",
      ),
  ),
  concat: fn(
    [],
    (...lists) => {
      if (lists.length === 0) throw new ArgumentError("at least one argument is required");
      const isTuple = lists.some((list) => list instanceof Sequence && list.kind === "tuple");
      return new Sequence(
        lists.flatMap((list) => items(list)),
        isTuple ? "tuple" : "list",
      );
    },
    many,
  ),
  contains: fn(["dynamic", "dynamic"], (list, value) =>
    items(list, "list, tuple, or set").some((item) => isEqual(item, value!)),
  ),
  distinct: fn(["dynamic"], (list) => new Sequence(unique(items(list)), "list")),
  element: fn(["dynamic", "number"], (list, index) => {
    const all = items(list);
    if (all.length === 0) throw new ArgumentError("cannot use element function with an empty list");
    const at = integer(index);
    return all[((at % all.length) + all.length) % all.length]!;
  }),
  flatten: fn(["dynamic"], (list) => new Sequence(flatten(items(list, "list, set, or tuple")))),
  hasindex: fn(["dynamic", "dynamic"], (collection, key) => {
    if (collection instanceof Mapping) return typeof key === "string" && collection.entries.has(key);
    const all = items(collection);
    return (
      key instanceof HclNumber && key.isInteger && key.numerator >= 0n && key.numerator < BigInt(all.length)
    );
  }),
  index: fn(["dynamic", "dynamic"], (collection, key) => {
    const found =
      collection instanceof Mapping ? collection.entries.get(text(key)) : items(collection)[integer(key)];
    if (found === undefined) throw new ArgumentError("key does not exist in collection");
    return found;
  }),
  indexof: fn(["dynamic", "dynamic"], (list, value) => {
    const all = items(list);
    if (all.length === 0) throw new ArgumentError("cannot search an empty list");
    const found = all.findIndex((item) => isEqual(item, value!));
    if (found < 0) throw new ArgumentError("item not found");
    return numberOf(found);
  }),
  keys: fn(["dynamic"], (mapping) => texts([...entries(mapping).keys()])),
  values: fn(["dynamic"], (mapping) => new Sequence([...entries(mapping).values()])),
  length: fn(["dynamic"], (value) => {
    if (value instanceof Mapping) return numberOf(value.entries.size);
    if (value instanceof Sequence) return numberOf(value.items.length);
    throw new ArgumentError("collection must be a list, a map or a tuple");
  }),
  lookup: fn(
    ["dynamic", "string"],
    (mapping, key, ...fallback) => {
      const found = entries(mapping).get(text(key));
      if (found !== undefined) return found;
      if (fallback.length > 0) return fallback[0]!;
      throw new ArgumentError(`the given object has no attribute ${JSON.stringify(text(key))}`);
    },
    { ...many, nullable: true },
  ),
  merge: fn(
    [],
    (...mappings) => {
      const all = mappings.filter((mapping) => mapping !== null);
      const isMap = all.every((mapping) => mapping instanceof Mapping && mapping.kind === "map");
      return new Mapping(
        all.flatMap((mapping) => [...entries(mapping)]),
        isMap ? "map" : "object",
      );
    },
    { ...many, nullable: true },
  ),
  range: fn(["number"], (...bounds) => range(bounds.map(number)), { rest: "number" }),
  reverselist: fn(["dynamic"], (list) => new Sequence(items(list).toReversed(), "tuple")),
  slice: fn(["dynamic", "number", "number"], (list, start, end) => {
    const all = items(list);
    const [from, to] = [integer(start), integer(end)];
    if (from < 0 || from > all.length)
      throw new ArgumentError(
        "start index must not be less than zero or greater than the length of the list",
      );
    if (to < from) throw new ArgumentError("start index must not be greater than end index");
    if (to > all.length) throw new ArgumentError("end index must not be greater than the length of the list");
    return new Sequence(all.slice(from, to), (list as Sequence).kind);
  }),
  zipmap: fn([{ kind: "list", element: "string" }, "dynamic"], (keys, values) => {
    const [names, all] = [items(keys), items(values)];
    if (names.length !== all.length)
      throw new ArgumentError(
        `number of keys (${names.length}) does not match number of values (${all.length})`,
      );
    return new Mapping(names.map((name, index) => [text(name), all[index]!]));
  }),
  sethaselement: fn([anySet, "dynamic"], (set, value) => items(set).some((item) => isEqual(item, value!))),
  setunion: fn([anySet], (...all) => setOf(all.flatMap((set) => items(set))), { rest: anySet }),
  setintersection: fn(
    [anySet],
    (first, ...rest) => setOf(items(first).filter((item) => rest.every((set) => has(set, item)))),
    { rest: anySet },
  ),
  setsubtract: fn([anySet, anySet], (a, b) => setOf(items(a).filter((item) => !has(b!, item)))),
  setsymmetricdifference: fn(
    [anySet],
    (...all) =>
      setOf(
        all.reduce<readonly Value[]>((left, set) => {
          const right = items(set);
          const only = (from: readonly Value[], other: readonly Value[]) =>
            from.filter((item) => !other.some((each) => isEqual(each, item)));
          return [...only(left, right), ...only(right, left)];
        }, []),
      ),
    { rest: anySet },
  ),
  setproduct: fn(
    [],
    (...all) => {
      if (all.length < 2) throw new ArgumentError("at least two arguments are required");
      const isSet = all.every((list) => list instanceof Sequence && list.kind === "set");
      const rows = all.reduce<Value[][]>(
        (found, list) => found.flatMap((row) => items(list).map((item) => [...row, item])),
        [[]],
      );
      return new Sequence(
        rows.map((row) => new Sequence(row)),
        isSet ? "set" : "list",
      );
    },
    many,
  ),
  try: ({ nodes, evaluate }) => {
    const failures: string[] = [];
    for (const node of nodes) {
      try {
        return evaluate(node);
      } catch (cause) {
        if (!(cause instanceof HclError)) throw cause;
        failures.push(cause.message);
      }
    }
    throw new ArgumentError(`no expression succeeded: ${failures.join("; ")}`);
  },
  can: ({ nodes, evaluate }) => {
    try {
      evaluate(nodes[0]!);
      return true;
    } catch (cause) {
      if (cause instanceof HclError) return false;
      throw cause;
    }
  },
};

function has(set: Value, item: Value): boolean {
  return items(set).some((other) => isEqual(other, item));
}

function unique(all: readonly Value[]): Value[] {
  return all.filter((item, index) => all.findIndex((other) => isEqual(item, other)) === index);
}

function flatten(all: readonly Value[]): Value[] {
  return all.flatMap((item) => (item instanceof Sequence ? flatten(item.items) : [item]));
}

function range(bounds: HclNumber[]): Sequence {
  const zero = HclNumber.of(0n);
  const [a, b, c] = bounds as [HclNumber, HclNumber?, HclNumber?];
  if (bounds.length > 3) throw new ArgumentError("must have one, two, or three arguments");
  const [start, end] = b ? [a, b] : [zero, a];
  const isDown = start.compare(end) > 0;
  const step = c ?? HclNumber.of(isDown ? -1n : 1n);
  if (step.compare(zero) === 0) throw new ArgumentError("step must not be zero");
  if (isDown !== step.numerator < 0n && start.compare(end) !== 0)
    throw new ArgumentError(
      isDown
        ? "end must be greater than start when step is positive"
        : "end must be less than start when step is negative",
    );
  const found: HclNumber[] = [];
  for (let at = start; isDown ? at.compare(end) > 0 : at.compare(end) < 0; at = at.add(step)) {
    if (found.length >= 1024)
      throw new ArgumentError(
        "more than 1024 values were generated; either decrease the difference between start and end or use a smaller step",
      );
    found.push(at);
  }
  return new Sequence(found, "list");
}
