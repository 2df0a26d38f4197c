import { setImmediate } from "node:timers/promises";
import { expect, test } from "vitest";
import { currentCall, runInCall } from "./call-scope.js";
import { createLog } from "./log.js";

test("lines of a call have its id until it ends, and no other lines have it", async () => {
  const lines: object[] = [];
  const log = createLog("info", (line) => {
    const { time: _, level: __, ...rest } = JSON.parse(line);
    lines.push(rest);
  });
  const begun: Promise<void>[] = [];
  const begin = (id: string) =>
    runInCall(id, () => {
      const work = async () => {
        await setImmediate();
        log.info("works", { call: "given" });
      };
      begun.push(work());
    });
  const end = begin("one");
  begin("two");
  log.info("idle");
  expect(currentCall()).toBeUndefined();
  end();
  await Promise.all(begun);
  expect(lines).toEqual([
    { message: "idle" },
    { message: "works", call: "given" },
    { message: "works", call: "two" },
  ]);
});
