import { expect, it } from "vitest";
import { ByteBudget } from "./byte-budget.js";

it("gives bytes in the order in which they are asked for", async () => {
  const budget = new ByteBudget(10);
  const given: string[] = [];
  const take = (name: string, bytes: number) => budget.take(bytes).then(() => given.push(name));
  const first = take("first", 6);
  const large = take("large", 8);
  const small = take("small", 1);
  await first;
  expect(given).toEqual(["first"]);
  budget.give(6);
  await Promise.all([large, small]);
  expect(given).toEqual(["first", "large", "small"]);
});
