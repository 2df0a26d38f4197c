import { expect, test } from "vitest";
import { Step } from "./build-model.js";
import { layOut } from "./graph-layout.js";

const stepOf = (key: string, ...inputs: string[]) => Object.assign(new Step(key, ""), { inputs });
const placesOf = (...steps: Step[]) =>
  [...layOut(steps).places.values()].map(({ step, column, row }) => `${step.key} ${column},${row}`).sort();

test("a step is after its inputs, and beside them", () => {
  const steps = [stepOf("d", "b", "c"), stepOf("a"), stepOf("b", "a"), stepOf("c", "a"), stepOf("e")];
  expect(placesOf(...steps)).toEqual(["a 0,0", "b 1,0", "c 1,1", "d 2,1", "e 0,1"]);
  expect(layOut(steps)).toMatchObject({ columns: 3, rows: 2 });
});

test("no two steps share a place", () => {
  const roots = Array.from({ length: 30 }, (_, index) => stepOf(`r${index}`));
  const ends = Array.from({ length: 30 }, (_, index) => stepOf(`e${index}`, `r${index % 7}`, `r${index}`));
  const places = [...layOut([...roots, ...ends]).places.values()];
  expect(new Set(places.map(({ column, row }) => `${column},${row}`)).size).toBe(60);
});

test("unknown inputs and a cycle do no harm", () => {
  expect(placesOf(stepOf("a", "b", "gone"), stepOf("b", "a"))).toEqual(["a 1,0", "b 0,0"]);
  expect(placesOf(stepOf("self", "self"))).toEqual(["self 0,0"]);
});

test("a chain of 100 000 steps", () => {
  const chain = Array.from({ length: 100_000 }, (_, index) => stepOf(`${index}`, `${index - 1}`));
  expect(layOut(chain.reverse())).toMatchObject({ columns: 100_000, rows: 1 });
});
