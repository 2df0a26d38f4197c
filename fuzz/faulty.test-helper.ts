import fc from "fast-check";
import { target } from "./target.js";

/** Seed and number of inputs with which the targets have one fault each. */
export const once = { seed: 1, runs: 3 };

const inputs = fc.nat();
/** The input that the targets do not handle: the second one. */
export const bad = fc.sample(inputs, { seed: once.seed, numRuns: once.runs })[1]!;

/** A target that treats one input in this way. */
const faulty = (name: string, fault: () => unknown) =>
  target({ name, inputs, run: (input) => (input === bad ? fault() : undefined), refuses: () => false });

/** Targets that are faulty in different ways. */
export const targets = [
  faulty("throws", () => {
    throw new TypeError("bad");
  }),
  faulty("blocks", () => {
    for (;;);
  }),
  faulty("waits", () => new Promise(() => {})),
  faulty("rejects", () => {
    void Promise.reject(new Error("nobody waits for this"));
    return new Promise(() => {});
  }),
];
