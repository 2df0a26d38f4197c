import { expect, test } from "vitest";
import { plot } from "./plot.js";
import { parseSamples, type Sample } from "./samples.js";
import { judge } from "./verdict.js";

const mebibyte = 1 << 20;

/** Samples of 30 minutes; `grow` changes each one, whose place is from 0 to 1. */
function samples(grow: (place: number) => Partial<Sample> = () => ({})): Sample[] {
  return Array.from({ length: 180 }, (_, index) => ({
    seconds: index * 10,
    heap_bytes: (60 + (index % 7)) * mebibyte,
    rss_bytes: (150 + (index % 11)) * mebibyte,
    plugin_rss_bytes: 80 * mebibyte,
    descriptors: 30 + (index % 5),
    delay_p99_ms: 5 + (index % 3),
    ...grow(index / 180),
  }));
}

const growing = (metric: string) => (list: ReturnType<typeof judge>) =>
  list
    .filter(({ isFlat }) => !isFlat)
    .map((verdict) => verdict.metric)
    .join() === metric;

test("noise is flat", () => {
  expect(judge(samples())).toSatisfy(growing(""));
});

test("what a host needs at its start is not growth", () => {
  expect(judge(samples((place) => (place < 0.1 ? { heap_bytes: 0, descriptors: 0 } : {})))).toSatisfy(
    growing(""),
  );
});

test.each([
  ["heap_bytes", (place: number) => (60 + 40 * place) * mebibyte],
  ["rss_bytes", (place: number) => (150 + 150 * place) * mebibyte],
  ["plugin_rss_bytes", (place: number) => (80 + 80 * place) * mebibyte],
  ["descriptors", (place: number) => 30 + 20 * place],
  ["delay_p99_ms", (place: number) => 5 + 80 * place],
])("growth of %s is found", (metric, value) => {
  expect(judge(samples((place) => ({ [metric]: value(place) })))).toSatisfy(growing(metric));
});

test("too few samples are no verdict", () => {
  expect(() => judge(samples().slice(0, 8))).toThrow("too few");
});

test("samples are read from CSV, and drawn", () => {
  const csv =
    "seconds,heap_bytes,rss_bytes,plugin_rss_bytes,descriptors,delay_p99_ms\n10,1,2,3,4,5.5\n20,1,2,3,4,5\n";
  const [first, second] = parseSamples(csv);
  expect(first).toEqual({
    seconds: 10,
    heap_bytes: 1,
    rss_bytes: 2,
    plugin_rss_bytes: 3,
    descriptors: 4,
    delay_p99_ms: 5.5,
  });
  const svg = plot([first!, second!], "two samples");
  expect(svg.match(/<polyline /g)).toHaveLength(5);
  expect(svg).not.toContain("NaN");
});
