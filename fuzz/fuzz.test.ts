import fc from "fast-check";
import { expect, test } from "vitest";
import { fuzz } from "./fuzz.js";
import { parsers } from "./parsers.js";
import { target } from "./target.js";

test.each(parsers.map((parser) => [parser.name, parser] as const))(
  "%s: 300 generated inputs are accepted or refused",
  async (_name, parser) => {
    const { runs, faults } = await fuzz(parser, 300, 20_261_129);
    expect(faults).toEqual([]);
    expect(runs).toBe(300);
  },
);

test("an undeclared error of a parser is reported as a fault", async () => {
  const broken = target({
    name: "broken",
    inputs: fc.constantFrom("a", "b"),
    run: (text) => {
      if (text === "b") throw new TypeError("b");
    },
    refuses: () => false,
  });
  const { faults } = await fuzz(broken, 20, 1);
  expect(faults[0]).toMatchObject({ input: "b", error: expect.stringContaining("TypeError: b") });
});
