import { expect, it } from "vitest";
import { closeAll } from "./close-all.js";

it("closes every part whatever others do, and rejects with all failures", async () => {
  const closed: string[] = [];
  const part = (name: string, failure?: Error) => () => {
    closed.push(name);
    if (failure) throw failure;
  };
  await closeAll([part("a"), async () => part("b")()]);
  const [first, second] = [new Error("1"), new Error("2")];
  await expect(closeAll([part("c", first), part("d")])).rejects.toBe(first);
  const both = closeAll([part("e", first), part("f"), async () => part("g", second)()]);
  await expect(both).rejects.toMatchObject({ errors: [first, second] });
  expect(closed).toEqual(["a", "b", "c", "d", "e", "f", "g"]);
});
