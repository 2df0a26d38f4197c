import fc from "fast-check";
import { expect, test } from "vitest";
import { Headers as Own } from "./headers.js";

const name = fc.oneof(
  fc.constantFrom(
    "Accept",
    "accept",
    "Set-Cookie",
    "set-cookie",
    "x-a",
    "grpc-status-details-bin",
    "",
    "a b",
    "é",
  ),
  fc.string({ maxLength: 3 }),
);
const value = fc.oneof(
  fc.constantFrom("", " a ", "a\tb", "a\r\nb", "\n", "é", "ā", "\0", "\r"),
  fc.string({ maxLength: 4, unit: "binary" }),
);
const step = fc.oneof(
  fc.tuple(fc.constantFrom("append" as const, "set" as const), name, value),
  fc.tuple(fc.constantFrom("delete" as const, "has" as const, "get" as const), name),
);
const init = fc.oneof(
  fc.constant(undefined),
  fc.array(fc.tuple(name, value), { maxLength: 3 }),
  fc.dictionary(name, value, { maxKeys: 3, noNullPrototype: true }),
);

/** What headers show, and which steps they refuse. */
function outcome(made: typeof Own | typeof Headers, first: unknown, steps: [string, ...string[]][]): unknown {
  const results: unknown[] = [];
  const refusal = (run: () => unknown) => {
    try {
      results.push(run() ?? null);
    } catch (error) {
      results.push((error as Error).name);
    }
  };
  let headers = new made();
  refusal(() => {
    headers = new made(first as Record<string, string>);
  });
  for (const [method, ...args] of steps)
    refusal(() => (headers as unknown as Record<string, (...args: string[]) => unknown>)[method]!(...args));
  headers.forEach((shown: string, key: string) => {
    results.push([key, shown]);
  });
  results.push([...headers], [...headers.keys()], [...headers.values()], [...headers.entries()]);
  results.push(headers.getSetCookie(), [...new made(headers as never)]);
  return results;
}

test("behaves as Node's own in any sequence of calls", () => {
  fc.assert(
    fc.property(init, fc.array(step, { maxLength: 8 }), (first, steps) => {
      expect(outcome(Own, first, steps)).toEqual(outcome(Headers, first, steps));
    }),
  );
});
