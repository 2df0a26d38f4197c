import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { expect, test } from "vitest";
import { BuildEventSchema, BuildState } from "../../gen/slipway/v1/build_event_pb.js";
import { BuildSchema } from "../../gen/slipway/v1/build_pb.js";
import { waterfall } from "../output/waterfall.js";
import { timelineJson, timelineOf, timelineRows } from "./timeline.js";
import { timelineSvg } from "./timeline-svg.js";

const at = (seconds: number) => timestampFromMs(1_000_000 + seconds * 1000);
const evil = `<script>alert("1")</script>&'\u001b[31m\u0007`;
const build = create(BuildSchema, { id: "b1", displayName: evil, state: BuildState.FAILED });
type Event = NonNullable<MessageInitShape<typeof BuildEventSchema>["event"]>;
const event = (seconds: number, value: Event) =>
  create(BuildEventSchema, { time: at(seconds), event: value });

const events = [
  event(0, { case: "accepted", value: {} }),
  event(9, {
    case: "progress",
    value: {
      vertexes: [
        { id: "b", name: `[2/3] ${evil}`, startTime: at(4), endTime: at(9), error: `exit code: 1 ${evil}` },
        { id: "a", name: "[1/3] FROM x", cached: true, startTime: at(2), endTime: at(2) },
        { id: "c", name: "[3/3] RUN make", startTime: at(6) },
        { id: "d", name: "never started" },
      ],
    },
  }),
  event(10, { case: "finished", value: {} }),
];

test("steps have their times since the first one, and one that runs lasts until now", () => {
  expect(timelineJson(timelineOf(build, events))).toMatchObject({
    ID: "b1",
    State: "failed",
    StartedAt: "1970-01-01T00:16:42.000Z",
    DurationSeconds: 8,
    Steps: [
      { Name: "[1/3] FROM x", State: "cached", StartSeconds: 0, DurationSeconds: 0 },
      {
        State: "failed",
        StartSeconds: 2,
        DurationSeconds: 5,
        Error: expect.stringContaining("exit code: 1"),
      },
      { Name: "[3/3] RUN make", State: "running", StartSeconds: 4, DurationSeconds: 4 },
    ],
  });
});

test("a build without steps has a timeline, too", () => {
  const timeline = timelineOf(build, events.slice(0, 1));
  expect(timelineJson(timeline)).toMatchObject({ DurationSeconds: 0, Steps: [] });
  expect(waterfall(timelineRows(timeline), 80)).toBe("");
  expect(timelineSvg(timeline)).toContain("0 steps");
});

test("the waterfall has a bar for each step", () => {
  const lines = waterfall(timelineRows(timelineOf(build, events)), 80).split("\n");
  expect(lines.slice(0, 3).map((line) => line.slice(38).trimEnd())).toEqual([
    "    0.000s ░",
    `    5.000s ${" ".repeat(7)}${"!".repeat(19)}`,
    `    4.000s ${" ".repeat(15)}${"█".repeat(15)}`,
  ]);
});

test("names in a picture are text, whatever they contain", () => {
  const svg = timelineSvg(timelineOf(build, events));
  expect(svg).not.toMatch(/<script|alert\("/);
  expect(svg).toContain("&#60;script&#62;alert(&#34;1&#34;)&#60;/script&#62;&#38;&#39;");
  // biome-ignore lint/suspicious/noControlCharactersInRegex: what XML cannot have
  expect(svg).not.toMatch(/[\x00-\x08\x0b-\x1f]/);
  expect([...svg.matchAll(/<(\w+)/g)].map(([, tag]) => tag)).toEqual(
    expect.arrayContaining(["svg", "style", "text", "line", "g", "rect"]),
  );
  expect(svg.match(/<rect [^>]*class="(cached|failed|running)"/g)).toHaveLength(3);
});
