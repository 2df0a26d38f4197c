import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { expect, test } from "vitest";
import { UsageRecordSchema } from "../gen/slipway/v1/builder_pb.js";
import { isPruned, usageByKind } from "./usage.js";

const now = Date.UTC(2026, 0, 2);
const record = (
  type: string,
  size: number,
  more: { inUse?: boolean; shared?: boolean; ageSeconds?: number } = {},
) =>
  create(UsageRecordSchema, {
    id: `${type}${size}`,
    type,
    sizeBytes: BigInt(size),
    inUse: more.inUse,
    shared: more.shared,
    lastUseTime: timestampFromMs(now - (more.ageSeconds ?? 0) * 1000),
  });

test("the usage by kind, the largest first", () => {
  const records = [
    record("internal", 5),
    record("regular", 10, { inUse: true }),
    record("regular", 7),
    record("", 1),
  ];
  expect(usageByKind(records)).toEqual([
    { kind: "regular", count: 2, size: 17, unused: 7 },
    { kind: "internal", count: 1, size: 5, unused: 5 },
    { kind: "other", count: 1, size: 1, unused: 1 },
  ]);
});

test("a preview has neither what is in use nor what was used lately nor, unless asked for, what is internal", () => {
  const records = [
    record("regular", 1, { ageSeconds: 100 }),
    record("regular", 2, { ageSeconds: 10 }),
    record("regular", 3, { inUse: true, ageSeconds: 100 }),
    record("internal", 4, { ageSeconds: 100 }),
    record("regular", 5, { shared: true, ageSeconds: 100 }),
  ];
  const sizes = (all: boolean, keepSeconds: number) =>
    records.filter((it) => isPruned(it, { all, keepSeconds }, now)).map(({ sizeBytes }) => Number(sizeBytes));
  expect([sizes(false, 0), sizes(false, 60), sizes(true, 60), sizes(true, 0)]).toEqual([
    [1, 2],
    [1],
    [1, 4, 5],
    [1, 2, 4, 5],
  ]);
});
