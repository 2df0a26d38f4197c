import { expect, onTestFinished, test } from "vitest";
import { bad, targets as faulty, once } from "./faulty.test-helper.js";
import { fuzz } from "./fuzz.js";
import { Fuzzer } from "./fuzzer.js";
import { targets as parsers } from "./parsers.js";

test.each(parsers.map((parser) => [parser.name, parser] as const))(
  "%s: 300 generated inputs are accepted or refused",
  async (_name, parser) => {
    const { runs, faults } = await fuzz(parser, { runs: 300, seed: 20_261_129 });
    expect(faults).toEqual([]);
    expect(runs).toBe(300);
  },
  240_000,
);

test.each([
  ["throws", 120_000, "TypeError: bad"],
  ["rejects", 120_000, "Error: nobody waits for this"],
  ["blocks", 3_000, "it took more than 3000 ms"],
  ["waits", 3_000, "it took more than 3000 ms"],
])(
  "an input on which a target %s is a fault, and the others run",
  async (name, hangMs, error) => {
    const fuzzer = new Fuzzer({ module: new URL("./faulty.test-helper.ts", import.meta.url), hangMs });
    onTestFinished(() => fuzzer.close());
    const target = faulty.find((each) => each.name === name)!;
    const { faults, runs } = await fuzzer.fuzz(target, once.runs, once.seed);
    expect(faults).toContainEqual({ input: bad, error: expect.stringContaining(error) });
    expect(runs).toBe(once.runs);
  },
  240_000,
);
