import { create } from "@bufbuild/protobuf";
import { expect, test } from "vitest";
import { BuildProgressSchema } from "../../gen/slipway/build/v1/build_progress_pb.js";
import { recorded } from "./recorded.test-helper.js";
import { TtyDisplay } from "./tty.js";

/** Plays the first `until` batches of a recording. Returns the screen and all output. */
function play(
  name: string,
  { columns = 80, rows = 24, until = Number.POSITIVE_INFINITY, close = false } = {},
) {
  const frames: string[] = [];
  const recording = recorded(name).slice(0, until);
  const last = recording.at(-1)!.progress;
  const times = [...last.vertexes.flatMap((v) => [v.startTime, v.endTime]), ...last.logs.map((l) => l.time)];
  const time = times.findLast((t) => t !== undefined);
  const end = time ? Number(time.seconds) * 1000 + time.nanos / 1e6 : 0;
  let now = 0;
  const display = new TtyDisplay({
    write: (text) => void frames.push(text),
    now: () => now,
    terminal: { columns, rows },
    env: { NO_COLOR: "1" },
  });
  display.describe({ builder: "default", driver: "docker" });
  for (const { progress } of recording) {
    const started = progress.vertexes.find((vertex) => vertex.startTime)?.startTime;
    if (now === 0 && started) now = Number(started.seconds) * 1000 + started.nanos / 1e6;
    display.update(progress);
    display.refresh();
  }
  now = end || now;
  display.refresh();
  if (close) display.close();
  return { frames, screen: screenOf(frames, columns) };
}

/** The screen after all frames. Each frame moves the cursor to the first line of the previous one. */
function screenOf(frames: string[], columns: number): string[] {
  let lines: string[] = [];
  for (const frame of frames) {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: frames are made of control sequences
    const up = Number(/\x1b\[(\d+)A\r/.exec(frame)?.[1] ?? 0);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: as above
    const text = frame.replace(/\x1b\[[?\d]*[A-Za-z]/g, "").replaceAll("\r", "");
    lines = [...lines.slice(0, lines.length - up), ...text.split("\n").slice(0, -1)];
    for (const line of lines) expect(line.length).toBeLessThan(columns + 1);
  }
  return lines;
}

test("shows steps with their times, and the builder", () => {
  const { screen } = play("success", { close: true });
  expect(screen[0]).toMatch(/^\[\+] Building \d\.\ds \(10\/10\) FINISHED +docker:default$/);
  expect(screen).toContainEqual(expect.stringMatching(/^ => \[4\/5] RUN echo first; .* 0\.\ds$/));
  expect(screen).toContainEqual(expect.stringMatching(/^ => => transferring dockerfile: 174B +0\.0s$/));
});

test("shows the last output of a running step", () => {
  const batches = recorded("failure");
  const until = batches.findIndex(({ progress }) => progress.logs.length > 0) + 1;
  const { screen } = play("failure", { until });
  expect(screen).toContainEqual(expect.stringContaining(" => => # line"));
});

test("fits into a terminal with few rows", () => {
  const { frames } = play("parallel", { rows: 8 });
  for (const frame of frames) expect(frame.split("\n").length - 1).toBeLessThanOrEqual(8);
});

test("fits into a narrow terminal", () => {
  play("parallel", { columns: 30 });
});

test("reports a failed step with all its output", () => {
  const { screen } = play("failure", { columns: 120, close: true });
  const report = screen.slice(screen.indexOf("------"));
  expect(report[1]).toMatch(/^ > \[2\/2] RUN/);
  expect(report).toHaveLength(14 + 3);
  expect(report.at(-2)).toMatch(/über ☕ bad$/);
});

test("shows the cursor at the end of each frame", () => {
  for (const frame of play("success").frames) expect(frame.endsWith("\x1b[?25h")).toBe(true);
});

test("counts two columns for wide characters", () => {
  const write: string[] = [];
  const display = new TtyDisplay({
    write: (text) => void write.push(text),
    now: () => 1000,
    terminal: { columns: 40, rows: 10 },
    env: { NO_COLOR: "1" },
  });
  const name = "漢".repeat(60);
  display.update(create(BuildProgressSchema, { vertexes: [{ id: "a", name, startTime: { seconds: 1n } }] }));
  display.refresh();
  const line = write[0]!.split("\n")[1]!;
  expect(line.split("漢").length - 1).toBeLessThanOrEqual(15);
});
