import { expect, test } from "vitest";
import { BuildState } from "../gen/slipway/v1/build_event_pb.js";
import type { ListEntry } from "./list-entry.js";
import { trendsOf, trendText } from "./trend.js";

const entry = (key: string, name: string, duration: number, state = BuildState.SUCCEEDED) =>
  ({ key, name, builder: "b", state, start: -5, buildStart: 0, end: duration }) as ListEntry;

test("a build is compared with earlier ones of its project that succeeded", () => {
  const trends = trendsOf([
    entry("f", "registry:5000/shop:3", 450),
    entry("e", "registry:5000/shop:2", 9000, BuildState.FAILED),
    entry("d", "registry:5000/other:2", 100),
    entry("c", "registry:5000/shop:2", 150),
    entry("b", "registry:5000/shop@sha256:00", 200),
    entry("a", "registry:5000/shop", 100),
  ]);
  expect([...trends].map(([key, trend]) => `${key} ${trendText(trend)} ${trend.durations.join()}`)).toEqual([
    "b +100 % 100,200",
    "c ±0 % 100,200,150",
    "f +200 % 100,200,150,450",
  ]);
});

test("nine earlier builds count", () => {
  const entries = Array.from({ length: 20 }, (_, index) =>
    entry(`${20 - index}`, "a", index < 10 ? 50 : 100),
  );
  const trend = trendsOf(entries).get("20")!;
  expect(trend.durations).toEqual(Array.from({ length: 10 }, () => 50));
  expect(trendText(trendsOf(entries).get("11")!)).toBe("−50 %");
});
