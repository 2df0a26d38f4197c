import type { HclFunction } from "../hcl/evaluate.js";
import { ArgumentError, fn, text } from "./arguments.js";

/** `semvercmp`: whether a version satisfies a constraint. */
export const semverFunctions: Record<string, HclFunction> = {
  semvercmp: fn(["string", "string"], (version, constraint) => {
    const read = parseVersion(text(version));
    if (!read || read.parts.length === 0) throw new ArgumentError("invalid semantic version");
    return satisfies(complete(read), text(constraint));
  }),
};

interface Partial {
  /** Major, minor and patch, as far as they are given. */
  parts: number[];
  prerelease: string;
}

function parseVersion(value: string): Partial | undefined {
  const match =
    /^v?(\d+|[xX*])(?:\.(\d+|[xX*]))?(?:\.(\d+|[xX*]))?(?:-([0-9A-Za-z.-]+))?(?:\+[0-9A-Za-z.-]+)?$/.exec(
      value.trim(),
    );
  if (!match) return undefined;
  const given = match.slice(1, 4);
  const end = given.findIndex((part) => part === undefined || /[xX*]/.test(part));
  return { parts: given.slice(0, end < 0 ? 3 : end).map(Number), prerelease: match[4] ?? "" };
}

function complete({ parts, prerelease }: Partial): Partial {
  return { parts: [parts[0] ?? 0, parts[1] ?? 0, parts[2] ?? 0], prerelease };
}

function satisfies(version: Partial, constraint: string): boolean {
  return constraint.split("||").some((alternative) => {
    const ranged = alternative.replace(/(\S+)\s+-\s+(\S+)/g, ">=$1 <=$2");
    const all = [...ranged.matchAll(/(=|!=|>=|=>|<=|=<|>|<|~>|~|\^)?\s*(v?[\dxX*][^\s,]*)/g)];
    const rest = ranged
      .replace(/(=|!=|>=|=>|<=|=<|>|<|~>|~|\^)?\s*(v?[\dxX*][^\s,]*)/g, "")
      .replace(/[\s,]/g, "");
    if (all.length === 0 || rest !== "") throw new ArgumentError(`improper constraint: ${constraint}`);
    return all.every(([, operator = "", limit]) => {
      const read = parseVersion(limit!);
      if (!read) throw new ArgumentError(`improper constraint: ${constraint}`);
      // A pre-release satisfies only constraints that name one.
      if (version.prerelease && !read.prerelease) return false;
      return holds(version, operator, read);
    });
  });
}

function holds(version: Partial, operator: string, limit: Partial): boolean {
  const lowest = complete(limit);
  const order = compare(version, lowest);
  const isPartial = limit.parts.length < 3;
  switch (operator) {
    case "!=":
      return isPartial ? !within(version, limit, limit.parts.length - 1) : order !== 0;
    case ">":
      return isPartial ? order > 0 && !within(version, limit, limit.parts.length - 1) : order > 0;
    case ">=":
    case "=>":
      return order >= 0;
    case "<":
      return order < 0;
    case "<=":
    case "=<":
      return isPartial ? order < 0 || within(version, limit, limit.parts.length - 1) : order <= 0;
    case "~":
    case "~>":
      return order >= 0 && within(version, limit, Math.min(limit.parts.length - 1, 1));
    case "^": {
      const first = limit.parts.findIndex((part) => part > 0);
      return order >= 0 && within(version, limit, first < 0 ? limit.parts.length - 1 : first);
    }
    default:
      return isPartial ? within(version, limit, limit.parts.length - 1) : order === 0;
  }
}

/** Whether the parts up to an index are the same. */
function within(version: Partial, limit: Partial, last: number): boolean {
  return limit.parts.slice(0, last + 1).every((part, index) => version.parts[index] === part);
}

function compare(a: Partial, b: Partial): number {
  for (let index = 0; index < 3; index++) {
    const difference = a.parts[index]! - b.parts[index]!;
    if (difference !== 0) return difference;
  }
  if (a.prerelease === b.prerelease) return 0;
  if (!a.prerelease || !b.prerelease) return a.prerelease ? -1 : 1;
  const [left, right] = [a.prerelease.split("."), b.prerelease.split(".")];
  for (let index = 0; index < Math.max(left.length, right.length); index++) {
    const [x, y] = [left[index], right[index]];
    if (x === undefined || y === undefined) return x === undefined ? -1 : 1;
    if (x === y) continue;
    const [isX, isY] = [/^\d+$/.test(x), /^\d+$/.test(y)];
    if (isX && isY) return Number(x) - Number(y);
    if (isX !== isY) return isX ? -1 : 1;
    return x < y ? -1 : 1;
  }
  return 0;
}
