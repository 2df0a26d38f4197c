import { setTimeout as sleep } from "node:timers/promises";
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import fc from "fast-check";
import { expect, test } from "vitest";
import { type StatusResponse, StatusResponseSchema } from "../../gen/moby/buildkit/v1/control_pb.js";
import { mergeStatuses } from "./merge-statuses.js";

const message = (init: MessageInitShape<typeof StatusResponseSchema>) => create(StatusResponseSchema, init);

/** What a reader sees, in its order. */
function entriesOf({ vertexes, statuses, logs, warnings }: StatusResponse): string[] {
  return [
    ...vertexes.map(({ name }) => `vertex ${name}`),
    ...statuses.map(({ id }) => `status ${id}`),
    ...logs.map(({ msg }) => `log ${Buffer.from(msg)}`),
    ...warnings.map(({ level }) => `warning ${level}`),
  ];
}

async function* at(messages: readonly StatusResponse[], pauses: readonly number[] = []) {
  for (const [i, each] of messages.entries()) {
    if (pauses[i]) await sleep(pauses[i]);
    yield each;
  }
}

async function merged(source: AsyncIterable<StatusResponse>): Promise<StatusResponse[]> {
  const all: StatusResponse[] = [];
  for await (const each of mergeStatuses(source)) all.push(each);
  return all;
}

test("a few messages take the place of many", async () => {
  const messages = ["a", "b"].flatMap((name) => [
    message({ vertexes: [{ name }] }),
    message({ vertexes: [{ name }] }),
    message({ statuses: [{ id: name }] }),
    message({ statuses: [{ id: name }] }),
    message({ logs: [{ msg: Buffer.from(name) }] }),
  ]);
  expect((await merged(at(messages))).map(entriesOf)).toEqual([
    ["vertex a", "vertex a", "status a", "status a", "log a"],
    ["vertex b", "vertex b", "status b", "status b", "log b"],
  ]);
});

test("much output is not merged, since limits of output apply to whole messages", async () => {
  const [small, large] = [Buffer.from("begun"), Buffer.alloc(16 * 1024, "x")];
  const messages = [small, large, small, small].map((msg) => message({ logs: [{ msg }] }));
  expect((await merged(at(messages))).map(({ logs }) => logs.length)).toEqual([1, 1, 2]);
});

test("no entry is lost, or changes its place", async () => {
  const entries = fc.record({
    vertexes: fc.array(fc.record({ name: fc.string({ maxLength: 3 }) }), { maxLength: 3 }),
    statuses: fc.array(fc.record({ id: fc.string({ maxLength: 3 }) }), { maxLength: 3 }),
    logs: fc.array(fc.record({ msg: fc.uint8Array({ maxLength: 3 }) }), { maxLength: 60 }),
    warnings: fc.array(fc.record({ level: fc.bigInt(0n, 9n) }), { maxLength: 2 }),
  });
  const pauses = fc.array(fc.constantFrom(0, 0, 0, 1, 60), { maxLength: 8 });
  await fc.assert(
    fc.asyncProperty(fc.array(entries, { maxLength: 8 }), pauses, async (inits, waits) => {
      const expected = inits.map(message).flatMap(entriesOf);
      expect((await merged(at(inits.map(message), waits))).flatMap(entriesOf)).toEqual(expected);
    }),
    { numRuns: 50 },
  );
});

test("a message is passed on although no other follows", async () => {
  async function* source() {
    yield message({ vertexes: [{ name: "a" }] });
    await new Promise(() => {});
  }
  const first = await mergeStatuses(source()).next();
  expect(entriesOf(first.value!)).toEqual(["vertex a"]);
});

test("an error comes after what was reported before it", async () => {
  async function* source() {
    yield message({ vertexes: [{ name: "a" }] });
    throw new Error("lost");
  }
  const statuses = mergeStatuses(source());
  expect(entriesOf((await statuses.next()).value!)).toEqual(["vertex a"]);
  await expect(statuses.next()).rejects.toThrow("lost");
});

test("a reader that stops ends the source", async () => {
  let ended = false;
  async function* source() {
    try {
      for (;;) yield message({ vertexes: [{ name: "a" }] });
    } finally {
      ended = true;
    }
  }
  for await (const _ of mergeStatuses(source())) break;
  expect(ended).toBe(true);
});
