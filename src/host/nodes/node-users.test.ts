import { expect, test } from "vitest";
import { NodeUsers } from "./node-users.js";

test("a node is idle when all users have released it", async () => {
  const users = new NodeUsers();
  const [first, second] = [users.hold("x0"), users.hold("x0")];
  const other = users.hold("y0");
  let idle = false;
  const waiting = users.idle("x0").then(() => {
    idle = true;
  });
  first();
  first();
  await Promise.resolve();
  expect([users.count("x0"), idle]).toEqual([1, false]);
  second();
  await waiting;
  expect([users.count("x0"), users.count("y0")]).toEqual([0, 1]);
  other();
});

test("a waiter continues to wait when the node is held again at once", async () => {
  const users = new NodeUsers();
  const first = users.hold("x0");
  let idle = false;
  const waiting = users.idle("x0").then(() => {
    idle = true;
  });
  first();
  const second = users.hold("x0");
  await new Promise(setImmediate);
  expect(idle).toBe(false);
  second();
  await waiting;
});
