import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { expect, it, onTestFinished } from "vitest";
import { DiskUsageSampleSchema } from "../../gen/slipway/v1/builder_pb.js";
import { Store } from "./store.js";
import { type CacheKey, maxSamples } from "./usage-records.js";

const sample = (at: number) =>
  create(DiskUsageSampleSchema, { time: timestampFromMs(at), sizeBytes: { regular: BigInt(at) } });

it("keeps a bounded series of each cache, whose older part gets sparser, until its node is removed", async () => {
  const folder = await mkdtemp(join(tmpdir(), "slipway-store-"));
  const store = new Store(folder);
  onTestFinished(async () => {
    await store.close();
    await rm(folder, { recursive: true });
  });
  const { usages } = store;
  const key: CacheKey = ["remote/a0", "one"];
  const count = maxSamples * 3;
  for (let at = 1; at <= count; at++) await usages.add(key, sample(at));
  const times = usages.get(key).map(({ sizeBytes }) => Number(sizeBytes.regular));
  expect(times.length).toBeLessThanOrEqual(maxSamples);
  expect(times.length).toBeGreaterThan(maxSamples / 2);
  expect(times[0]).toBe(1);
  // The newest ones are all there, and each gap is at least as wide as the one after it.
  expect(times.slice(-maxSamples / 4)).toEqual(
    Array.from({ length: maxSamples / 4 }, (_, at) => count - maxSamples / 4 + 1 + at),
  );
  const gaps = times.slice(1).map((time, at) => time - times[at]!);
  expect(gaps).toEqual(gaps.toSorted((a, b) => b - a));

  await usages.add(["remote/a0", "two"], sample(7));
  await usages.add(["remote/a00", "one"], sample(8));
  expect(usages.get(["remote/a0", "two"])).toHaveLength(1);
  await usages.remove("remote/a0");
  expect([usages.get(key), usages.get(["remote/a0", "two"])]).toEqual([[], []]);
  expect(usages.get(["remote/a00", "one"])).toHaveLength(1);
});
