/** `npm run bench:page`: the web page with much to show, in Chromium. See docs/benchmarks.md. */

import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { createConnection } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import type { BrowserContext, Page } from "playwright-core";
import { BuildState } from "../src/gen/slipway/v1/build_event_pb.js";
import { BuildService } from "../src/gen/slipway/v1/build_pb.js";
import { BuilderService } from "../src/gen/slipway/v1/builder_pb.js";
import { openLoopback } from "../src/ui-server/loopback.js";
import { startBuildkitd } from "../test/lab/buildkitd.js";
import { launchChromium } from "../test/lab/launch-chromium.js";
import { labPath } from "../test/lab/path.js";
import { step } from "../test/lab/progress.js";
import { startRegistry } from "../test/lab/registry.js";
import { ended } from "../test/lab/run.js";
import { until } from "../test/lab/wait.js";
import { markdownTable } from "./report.js";
import { formatSeconds } from "./statistics.js";

/** Steps of a build: its small stages, a step for each that gathers it, and one for each group of them. */
const leaves = 500;
const groupSize = 20;
const steps = leaves * 2 + leaves / groupSize;
/** Lines of 100 bytes in a log, and builds that have not ended. */
const logLines = 500_000;
const live = 500;
/** Goals: to open a build, in seconds; one task while a log is scrolled, in milliseconds; to show the list, as the share of a core. */
const most = { seconds: 2, taskMs: 100, share: 0.5 };
/** How often the wheel is turned, and how far in pixels, within a log. */
const wheel = { turns: 200, pixels: 1200 };
/** How long the list of builds is watched, in milliseconds. */
const watchMs = 20_000;

/** Notes the longest task of a page from now on. It is a text, since it runs in the page. */
const watchTasks = `
  globalThis.longestTask = 0;
  new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) longestTask = Math.max(longestTask, duration);
  }).observe({ type: "longtask" });
`;

process.env.PATH = await labPath();
const folder = await mkdtemp(join(tmpdir(), "slipway-bench-"));
const registry = await step("start a registry", () => startRegistry());
// As much output of a step as it has.
const unclipped = { BUILDKIT_STEP_LOG_MAX_SIZE: "-1", BUILDKIT_STEP_LOG_MAX_SPEED: "-1" };
const buildkitd = await step("start BuildKit", () => startBuildkitd({ env: unclipped }));
const socket = join(folder, "slipway.sock");
const limits = ["running-builds=1", "queued-builds=1000", "builds=1000", "principal-builds=1000"];
const host = spawn(
  process.execPath,
  [
    join(import.meta.dirname, "../dist/cli.cjs"),
    ...["serve", "--socket", socket, "--state-dir", join(folder, "state")],
    ...limits.flatMap((limit) => ["--limit", limit]),
  ],
  { env: { ...process.env, HOME: folder }, stdio: ["ignore", "ignore", "inherit"] },
);
const transport = createGrpcTransport({
  baseUrl: "http://localhost",
  nodeOptions: { createConnection: () => createConnection(socket) },
});
const builders = createClient(BuilderService, transport);
const builds = createClient(BuildService, transport);
const node = { endpoint: buildkitd.address };
const create = () => builders.createBuilder({ name: "bench", driver: "remote", node });
await until("the host to answer", () =>
  create().then(
    () => true,
    () => false,
  ),
);
const loopback = await openLoopback({ socket, port: 0 });
const browser = await launchChromium(join(folder, "browser"));
try {
  const page = await browser.newPage();
  await page.goto(loopback.link);
  const origin = new URL(loopback.link).origin;
  const rows: string[][] = [];
  const missed: string[] = [];
  const note = (what: string, cost: string, isMet: boolean) => {
    rows.push([what, cost]);
    if (!isMet) missed.push(`${what}: ${cost}`);
  };

  const many = await step(`a build of ${steps} steps`, () => run(manySteps()));
  const opened = await timed(async () => {
    await page.goto(`${origin}/#/builds/${many}`);
    await page
      .locator(".waterfall li")
      .nth(steps - 1)
      .waitFor();
  });
  note(`open a build of ${steps} steps`, formatSeconds(opened), opened < most.seconds);
  const drawn = await timed(async () => {
    await page.getByRole("checkbox", { name: "As a graph" }).check();
    await page
      .locator(".graph-step")
      .nth(steps - 1)
      .waitFor();
  });
  note("draw its graph", formatSeconds(drawn), drawn < most.seconds);

  const long = await step("a build with a log of 50 MB", () => run(longLog()));
  const shown = await timed(async () => {
    await page.goto(`${origin}/#/builds/${long}`);
    await page.getByRole("button", { name: "RUN yes" }).click();
    await page.getByText("the last line").last().waitFor();
  });
  note("open a build with a log of 50 MB, to its last line", formatSeconds(shown), shown < most.seconds);

  const longest = await step("scroll in the log", () => longestTask(page, () => scrollLog(page)));
  note("the longest task while that log is scrolled", `${Math.round(longest)} ms`, longest < most.taskMs);

  await step(`start ${live} builds`, startLive);
  await page.goto(`${origin}/#/builds`);
  // The first row is the header. Each click adds 50.
  for (let shown = 100; shown <= live; shown += 50) {
    await page.getByRole("button", { name: "Show more" }).click();
    await page.getByRole("row").nth(shown).waitFor();
  }
  const share = await step("watch the list", () => busyShare(browser, page));
  note(
    `show ${live} builds that have not ended`,
    `${Math.round(share * 100)} % of a core`,
    share < most.share,
  );
  process.stdout.write(`\n${markdownTable(["page", "cost"], rows)}\n`);
  if (missed.length > 0) {
    process.exitCode = 1;
    process.stderr.write(`Goals missed: ${missed.join("; ")}\n`);
  }
} finally {
  await browser.close();
  await loopback.close();
  host.kill("SIGKILL");
  await ended(host);
  await buildkitd.stop();
  await registry.stop();
  await rm(folder, { recursive: true, force: true });
}

/** Small stages, which others gather, twenty at a time, and a last one gathers those. */
function manySteps(): string[] {
  const groups = Array.from({ length: leaves / groupSize }, (_, group) => group);
  const membersOf = (group: number) => Array.from({ length: groupSize }, (_, at) => group * groupSize + at);
  return [
    ...groups.flatMap((group) => [
      ...membersOf(group).flatMap((leaf) => [
        `FROM scratch AS leaf${leaf}`,
        `COPY <<EOF /${leaf}\n${leaf}\nEOF`,
      ]),
      `FROM scratch AS group${group}`,
      ...membersOf(group).map((leaf) => `COPY --from=leaf${leaf} /${leaf} /`),
    ]),
    "FROM scratch",
    ...groups.map((group) => `COPY --from=group${group} / /`),
  ];
}

function longLog(): string[] {
  const line = "x".repeat(99);
  return [
    `FROM ${registry.baseImage}`,
    `ARG SEED=${randomBytes(8).toString("hex")}`,
    `RUN yes ${line} | head -n ${logLines}; echo the last line`,
  ];
}

/** Builds these lines; returns the id. */
async function run(lines: string[]): Promise<string> {
  const { build } = await builds.startBuild({ spec: specOf(lines) });
  for await (const { event } of builds.watchBuild({ id: build!.id }))
    if (event?.event.case === "finished" && event.event.value.state !== BuildState.SUCCEEDED)
      throw new Error(event.event.value.error?.message);
  return build!.id;
}

/** One of them runs, and the others wait. */
async function startLive(): Promise<void> {
  const lines = [`FROM ${registry.baseImage}`, `RUN sleep 600 # ${randomBytes(8).toString("hex")}`];
  for (let count = 0; count < live; count++) await builds.startBuild({ spec: specOf(lines) });
}

function specOf(lines: string[]) {
  return {
    builder: "bench",
    context: { source: { case: "empty" as const, value: {} } },
    dockerfile: { source: { case: "content" as const, value: Buffer.from(lines.join("\n")) } },
    outputs: [{ type: "cacheonly" }],
  };
}

/** In seconds. */
async function timed(work: () => Promise<void>): Promise<number> {
  const begin = performance.now();
  await work();
  return (performance.now() - begin) / 1000;
}

/** Turns the wheel over the log, up from its end and down again. */
async function scrollLog(page: Page): Promise<void> {
  const lines = page.getByRole("log", { name: "Lines" });
  await lines.hover();
  const top = () => lines.evaluate((element) => element.scrollTop);
  const end = await top();
  for (const direction of [-1, 1]) {
    for (let turn = 0; turn < wheel.turns; turn++) await page.mouse.wheel(0, direction * wheel.pixels);
    const goal = direction < 0 ? end - wheel.turns * wheel.pixels : end;
    await until("the log to be scrolled", async () => Math.abs((await top()) - goal) < 1);
  }
}

/** The longest task of the page's main thread meanwhile, in milliseconds; 0 when none took 50 ms. */
async function longestTask(page: Page, work: () => Promise<void>): Promise<number> {
  await page.evaluate(watchTasks);
  await work();
  // The browser reports a task to the observer only after the task has ended.
  await sleep(500);
  return page.evaluate<number>("longestTask");
}

/** The share of time in which the page's main thread is busy. */
async function busyShare(context: BrowserContext, page: Page): Promise<number> {
  const session = await context.newCDPSession(page);
  await session.send("Performance.enable");
  const busySeconds = async () => {
    const { metrics } = await session.send("Performance.getMetrics");
    return metrics.find(({ name }) => name === "TaskDuration")!.value;
  };
  const before = await busySeconds();
  const begin = performance.now();
  await sleep(watchMs);
  return ((await busySeconds()) - before) / ((performance.now() - begin) / 1000);
}
