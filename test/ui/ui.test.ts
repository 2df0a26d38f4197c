import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { request } from "node:http";
import { join } from "node:path";
import { create } from "@bufbuild/protobuf";
import type { Page } from "playwright-core";
import { expect, it, onTestFinished } from "vitest";
import { OutputSchema } from "../../src/gen/slipway/build/v1/output_pb.js";
import { BuildState } from "../../src/gen/slipway/v1/build_event_pb.js";
import { BuildHold } from "../../src/gen/slipway/v1/build_pb.js";
import { hashToken, writeAccessFile } from "../../src/host/access/access-file.js";
import { startTeam } from "../access/harness.js";
import { startRemoteHost } from "../clients/remote-host.js";
import { installHollow } from "../fixtures/plugins/install.js";
import { contextOf, fromPath, mustBuild, runBuild, type SpecInit, watchToEnd } from "../host/build.js";
import { startHost, type TestHost } from "../host/host.js";
import { openBrowser } from "../lab/chromium.js";
import { freePort, lab, makeTestTls, must, run, startBuildkitd, tempDir } from "../lab/index.js";
import { accessibilityFaults, picturesWanted, screenshot, startUi, watch } from "./page.js";

const markup = `<img src=x onerror="globalThis.pwned=1"><script>globalThis.pwned=1</script>`;

interface Names {
  displayName?: string;
  labels?: Record<string, string>;
  tags?: string[];
}

/** A build of a Dockerfile without a context. */
function specOfLines(lines: string[], names: Names): SpecInit {
  return {
    builder: "present",
    context: { source: { case: "empty", value: {} } },
    dockerfile: { source: { case: "content", value: Buffer.from(lines.join("\n")) } },
    ...names,
  };
}

/** A build of steps that are not cached. */
function specOf(steps: string[], names: Names = {}): SpecInit {
  const seed = `ARG SEED=${randomBytes(8).toString("hex")}`;
  return specOfLines([`FROM ${lab().registry.baseImage}`, seed, ...steps, ""], names);
}

/** Output with markup, colours, bytes that are no UTF-8, and sequences that would clear a terminal. */
const hostileOutput = `RUN printf '%s\\n\\033[31mred\\033[0m plain\\n\\377\\376bytes\\n\\033[2J\\033]0;title\\007quiet\\n' '${markup}'`;
// BuildKit clips output of more than 200 KiB a second.
const bomb = `RUN head -c 60000 /dev/zero | tr '\\0' '\\033'; echo; head -c 40000 /dev/zero | tr '\\0' x; echo; echo after the bomb`;

it("shows builds and their steps after a link that works once, whatever is in their texts", async () => {
  const { host } = await startRemoteHost();
  const ui = await startUi(host);
  const page = await (await openBrowser()).newPage();
  const origin = new URL(ui.link).origin;
  const watched = watch(page, [origin]);
  page.on("dialog", (dialog) => dialog.accept());
  const name = `good ${markup}`;
  const good = await runBuild(
    host,
    specOf([hostileOutput, bomb], {
      displayName: name,
      labels: { [markup]: markup },
      tags: ["example.com/app:1"],
    }),
  );

  const trace = ["history", "trace", "--addr", "127.0.0.1:0", "--builder", "present", good.id];
  const record = await page.context().newPage();
  await record.goto((await startUi(host, trace)).link);
  await record.getByText("From BuildKit's history").waitFor();
  await record.close();
  expect(good.finished.state).toBe(BuildState.SUCCEEDED);
  const failed = await runBuild(
    host,
    specOf([`RUN echo '${markup}' && echo the last line && exit 7`], { displayName: "broken" }),
  );
  expect(failed.finished.state).toBe(BuildState.FAILED);

  await page.goto(ui.link);
  const table = page.getByRole("table", { name: "Builds, the newest first" });
  await table.waitFor();
  expect(page.url()).not.toContain("once");
  expect(await page.title()).toBe("Builds – Slipway");
  expect(await accessibilityFaults(page)).toEqual([]);
  await screenshot(page, "builds");

  await table.getByRole("link", { name: "good <img" }).click();
  await page.getByRole("heading", { level: 1, name }).waitFor();
  await page.getByText("example.com/app:1", { exact: true }).first().waitFor();
  await page.getByText(`${markup}=${markup}`).waitFor();
  await page.getByText(good.finished.result!.imageDigest).first().waitFor();
  await page.getByRole("button", { name: "RUN printf" }).click();
  const lines = page.getByRole("log", { name: "Lines" });
  await lines.getByText(markup).waitFor();
  expect(await lines.getByText("red", { exact: true }).getAttribute("class")).toBe("fg1");
  await lines.getByText("\ufffd\ufffdbytes").waitFor();
  expect(await lines.textContent()).toMatch(/^\d*quiet$/m);
  await page.getByText(/^Critical path: [2-9]\d* of \d+ steps, /).waitFor();
  await page.getByRole("button", { name: /RUN head.*, done, on the critical path/ }).waitFor();
  const attestations = page.getByRole("region", { name: "Attestations" });
  await attestations.getByText(/^Provenance, /).click();
  const materials = attestations.getByRole("table", { name: "Materials, 1" });
  await materials.getByText(/^sha256:[0-9a-f]{64}$/).waitFor();
  await attestations.getByRole("table", { name: "Parameters" }).getByText("dockerfile.v0").waitFor();
  await screenshot(page, "build");
  expect(await accessibilityFaults(page)).toEqual([]);

  await page.getByRole("button", { name: "RUN head" }).click();
  await page.getByRole("searchbox", { name: "Search the log" }).fill("AFTER THE");
  await page.getByText("1 of 1").waitFor();
  await lines.getByText("after the bomb").waitFor();

  await page.getByRole("link", { name: "Builds" }).last().click();
  await table.getByRole("link", { name: "broken" }).click();
  const error = page.getByRole("region", { name: "Error", exact: true });
  await error.getByText("exit code: 7").first().waitFor();
  await expect.poll(() => error.textContent()).toMatch(/^the last line$/m);
  expect(await error.locator("mark").textContent()).toMatch(/^ +3 +RUN echo /);
  await page.getByRole("region", { name: "Log of [2/2] RUN echo" }).waitFor();
  expect(await accessibilityFaults(page)).toEqual([]);
  await screenshot(page, "failure");
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("button", { name: "Download" }).click(),
  ]);
  expect(await readFile(await download.path(), "utf8")).toBe(`${markup}\nthe last line\n`);

  await graphTour(page);
  await newBuilderTour(page, host);
  await usageTour(page, host);
  await heldTour(page, host);
  await startAgainTour(page, host, good.id);
  const comparison = await compareTour(page, host, failed.id);
  await keyboardTour(page, origin);
  if (picturesWanted) await takePictures(page, host);
  await phoneTour(page, host, ["builds", `builds/${failed.id}`, comparison]);
  expect(await page.evaluate("globalThis.pwned")).toBeUndefined();
  expect(watched.faults).toEqual([]);
  expect(await ui.stop()).toBe(0);
});

/** The pictures of the README, with builds as people have them. */
async function takePictures(page: Page, host: TestHost): Promise<void> {
  // Not cached.
  const seed = `ARG SEED=${randomBytes(8).toString("hex")}`;
  const stages = [
    `FROM ${lab().registry.baseImage} AS dependencies`,
    seed,
    "RUN for i in 1 2 3 4; do echo fetching module $i of 4; sleep 0.3; done",
    `FROM ${lab().registry.baseImage} AS assets`,
    seed,
    "RUN echo compiling style sheets; sleep 0.8",
    "FROM dependencies AS compile",
    "RUN sleep 0.5; printf '\\033[32mok\\033[0m  server\\n\\033[32mok\\033[0m  worker\\n'",
    "FROM dependencies AS test",
    "RUN for t in api cache session store; do printf '\\033[32mPASS\\033[0m %s\\n' $t; sleep 0.2; done",
    "FROM scratch",
    "COPY --from=compile /etc /app",
    "COPY --from=assets /etc /assets",
    "COPY --from=test /etc /reports",
  ];
  const failing =
    "RUN printf '\\033[32mPASS\\033[0m api\\n\\033[31mFAIL\\033[0m session: expected 200, got 403\\n'; exit 1";
  const tags = ["registry.example/shop/server:1.4.0"];
  const build = (displayName: string, lines: string[]) =>
    runBuild(host, specOfLines(lines, { displayName, tags }));
  const shop = await build("shop/server", stages);
  const broken = await build("shop/worker", [
    stages[0]!,
    "WORKDIR /src",
    "ENV STAGE=test",
    failing,
    "USER 1000",
    "",
  ]);
  await build("shop/server", stages);
  await page.goto(`${new URL(page.url()).origin}/#/builds`);
  await page.getByRole("searchbox", { name: "Name" }).fill("shop");
  await page
    .getByRole("row", { name: "shop/worker" })
    .getByText(/^\d+ %$/)
    .waitFor();
  await screenshot(page, "readme-builds");
  await page.goto(`${new URL(page.url()).origin}/#/builds/${shop.id}`);
  await page.getByRole("button", { name: "RUN for t in" }).click();
  await page.getByRole("log", { name: "Lines" }).getByText("store").waitFor();
  await page.getByRole("combobox", { name: "Compare with" }).waitFor();
  await screenshot(page, "readme-build");
  await page.goto(`${new URL(page.url()).origin}/#/builds/${broken.id}`);
  await page.getByRole("region", { name: "Error", exact: true }).waitFor();
  await screenshot(page, "readme-failure");
}

/** Reaches a step's log by keys alone. */
async function keyboardTour(page: Page, origin: string): Promise<void> {
  await page.goto(`${origin}/#/builds`);
  await page.getByRole("link", { name: "broken" }).last().waitFor();
  await page.reload();
  await page.getByRole("link", { name: "broken" }).last().waitFor();
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  expect(await page.locator(":focus").getAttribute("id")).toBe("main");
  const text = page.getByRole("searchbox", { name: "Name" });
  const lists = ["State", "Builder", "Owner"].map((name) => page.getByRole("combobox", { name }));
  for (const filter of [text, ...lists]) {
    await page.keyboard.press("Tab");
    await filter.and(page.locator(":focus")).waitFor();
    // Other tests build on the same daemon, and its history is in the list.
    if (filter === text) await page.keyboard.type("broken");
  }
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { level: 1, name: "broken" }).waitFor();
  const step = page.getByRole("button", { name: "RUN echo" });
  await step.focus();
  await page.keyboard.press("Space");
  await expect.poll(() => step.getAttribute("aria-pressed")).toBe("true");
  await page.keyboard.press("Space");
  await expect.poll(() => step.getAttribute("aria-pressed")).toBe("false");
}

/** Looks at the graph of the steps that are shown. */
async function graphTour(page: Page): Promise<void> {
  await page.getByRole("checkbox", { name: "As a graph" }).check();
  const graph = page.getByRole("group", { name: "Graph of the steps" });
  const failed = graph.getByRole("button", { name: "[2/2] RUN echo" });
  expect(await failed.getAttribute("aria-pressed")).toBe("true");
  expect(await failed.getAttribute("aria-label")).toContain(
    `${markup}' && echo the last line && exit 7, failed`,
  );
  const focused = graph.locator(":focus");
  await failed.click();
  await expect.poll(() => failed.getAttribute("aria-pressed")).toBe("false");
  await page.keyboard.press("ArrowLeft");
  // BuildKit names a step that several builds share as the first of them does.
  await expect.poll(() => focused.getAttribute("aria-label")).toMatch(/^\[(\S+ )?1\/\d+\] FROM /);
  await page.keyboard.press("ArrowRight");
  await expect.poll(() => focused.getAttribute("aria-label")).toMatch(/^\[2\/2\] RUN /);
  await page.keyboard.press("Enter");
  await expect.poll(() => failed.getAttribute("aria-pressed")).toBe("true");
  expect(await accessibilityFaults(page)).toEqual([]);
  await screenshot(page, "graph");
}

/** Creates a builder by the form of its driver. */
async function newBuilderTour(page: Page, host: TestHost): Promise<void> {
  await page.getByRole("link", { name: "Builders", exact: true }).click();
  await page.getByRole("link", { name: "New builder" }).click();
  await page.getByRole("combobox", { name: "Driver" }).selectOption("docker-container");
  const form = page.getByRole("form", { name: "New builder" });
  const memory = form.getByRole("textbox", { name: "memory", exact: true });
  await memory.fill("lots");
  await form.getByText(/lots/).waitFor();
  expect(await memory.getAttribute("aria-invalid")).toBe("true");
  expect(await accessibilityFaults(page)).toEqual([]);
  await screenshot(page, "new-builder");
  await memory.fill("512m");
  await expect.poll(() => memory.getAttribute("aria-invalid")).toBe("false");

  await page.getByRole("combobox", { name: "Driver" }).selectOption("remote");
  const name = form.getByRole("textbox", { name: "Name", exact: true });
  const endpoint = form.getByRole("textbox", { name: "Endpoint", exact: true });
  await name.fill("Not a name!");
  await endpoint.fill("nonsense://here");
  await expect.poll(() => name.getAttribute("aria-invalid")).toBe("true");
  await name.fill("of-the-page");
  await expect.poll(() => endpoint.getAttribute("aria-invalid")).toBe("true");
  await form.getByRole("button", { name: "Create" }).click();
  await endpoint.fill(lab().buildkitd.address);
  await expect.poll(() => endpoint.getAttribute("aria-invalid")).toBe("false");
  await form.getByRole("button", { name: "Create" }).click();
  await page.getByRole("region", { name: "of-the-page" }).waitFor();
  const { builder } = await host.builders.getBuilder({ name: "of-the-page" });
  expect(builder!.nodes[0]!.spec!.endpoint).toBe(lab().buildkitd.address);
  await host.builders.removeBuilder({ name: "of-the-page" });
}

/** Sees the build cache of a builder, now and over time. */
async function usageTour(page: Page, host: TestHost): Promise<void> {
  await host.builders.getDiskUsage({ builder: "present" });
  await mustBuild(host, specOf(["RUN head -c 100000 /dev/urandom > /grown"]));
  const builder = page.getByRole("region", { name: "present" });
  await builder.getByRole("button", { name: "Disk usage of present" }).click();
  const chart = builder.getByRole("figure");
  await chart.getByText(/^Build cache of present0: .* at .*, at most .*B$/).waitFor();
  await chart
    .getByRole("list", { name: "Kinds in the build cache of present0" })
    .getByText("regular")
    .waitFor();
  await chart.getByText("Sizes of present0").click();
  const sizes = chart.getByRole("table", { name: "Build cache of present0 over time" });
  expect(await sizes.getByRole("row").count()).toBeGreaterThan(2);
  expect(await accessibilityFaults(page)).toEqual([]);
  await screenshot(page, "disk-usage");
}

/** Leads a build that its client holds: a step on, to its end, and the next one into a cancellation. */
async function heldTour(page: Page, host: TestHost): Promise<void> {
  const { origin } = new URL(page.url());
  const hold = (displayName: string) =>
    host.builds.startBuild({
      hold: BuildHold.ON_START,
      spec: specOf([`RUN echo '${markup}'`, "RUN echo second"], { displayName }),
    });
  const { build } = await hold("led");
  await page.goto(`${origin}/#/builds`);
  await page.getByRole("row", { name: "led" }).getByText("held", { exact: true }).waitFor();
  await page.getByRole("link", { name: "Builders", exact: true }).click();
  await page.getByRole("list", { name: "Builds on present" }).getByRole("link", { name: "led" }).click();
  const held = page.getByRole("region", { name: "Held for debugging" });
  const stack = held.getByRole("list", { name: "Steps where it stands, the innermost first" });
  await stack.getByText("comes next, Dockerfile, line 1").waitFor();
  expect(await accessibilityFaults(page)).toEqual([]);
  await screenshot(page, "held");
  await held.getByRole("button", { name: "Next step" }).click();
  await stack.getByText("comes next, Dockerfile, line 3").waitFor();
  expect(await stack.textContent()).toContain(markup);
  await held.getByRole("button", { name: "Continue" }).click();
  await held.waitFor({ state: "detached" });
  expect((await watchToEnd(host, build!.id)).finished.state).toBe(BuildState.SUCCEEDED);

  const cancelled = await hold("given up");
  await page.goto(`${origin}/#/builds/${cancelled.build!.id}`);
  await held.waitFor();
  await page.getByRole("button", { name: "Cancel given up" }).click();
  await page.getByText("canceled", { exact: true }).first().waitFor();
  await held.waitFor({ state: "detached" });
}

/** Starts a build of a folder again, and sees why another one cannot be. */
async function startAgainTour(page: Page, host: TestHost, id: string): Promise<void> {
  const { origin } = new URL(page.url());
  await page.goto(`${origin}/#/builds/${id}`);
  await page.getByText("Its client gave the Dockerfile, which is not recorded.").waitFor();
  expect(await page.getByRole("button", { name: "Start again" }).isDisabled()).toBe(true);
  const folder = await contextOf({ Dockerfile: "FROM scratch\nLABEL again=yes\n" });
  const context: SpecInit["context"] = { source: { case: "path", value: folder } };
  const first = await mustBuild(host, {
    builder: "present",
    context,
    displayName: "again",
    tags: ["again:1"],
  });
  await page.goto(`${origin}/#/builds/${first.id}`);
  await page.getByRole("button", { name: "Start again" }).click();
  await expect.poll(() => page.url()).not.toContain(first.id);
  await page.getByRole("heading", { level: 1, name: "again" }).waitFor();
  const second = page.url().split("/").at(-1)!;
  const { finished } = await watchToEnd(host, second);
  expect(finished.state).toBe(BuildState.SUCCEEDED);
  const { build } = await host.builds.getBuild({ id: second });
  expect(build!.spec).toEqual((await host.builds.getBuild({ id: first.id })).build!.spec);
}

/** Compares a build with a later one of the same name. Returns the route of the comparison. */
async function compareTour(page: Page, host: TestHost, id: string): Promise<string> {
  const { finished } = await runBuild(host, specOf(["RUN echo repaired"], { displayName: "broken" }));
  expect(finished.state).toBe(BuildState.SUCCEEDED);
  await page.goto(`${new URL(page.url()).origin}/#/builds`);
  await page.locator(`a[href$="${id}"]`).click();
  const others = page.getByRole("combobox", { name: "Compare with" });
  await others.selectOption({ index: 1 });
  await page.getByText(/^The first step that differs is .*repaired: another command. It was: RUN /).waitFor();
  const table = page.getByRole("table", { name: "Steps of both builds" });
  await table.getByRole("row", { name: "RUN echo repaired" }).getByText("another command").waitFor();
  await page.getByText("Both builds have the same inputs.").waitFor();
  expect(await accessibilityFaults(page)).toEqual([]);
  await screenshot(page, "compare");
  const route = new URL(page.url()).hash.slice("#/".length);

  // Another value of an argument, of two builds that have no name in common.
  const lines = [`FROM ${lab().registry.baseImage}`, "ARG WHO", "RUN echo hello", "RUN echo to $WHO", ""];
  const greet = (who: string) =>
    mustBuild(host, { ...specOfLines(lines, { displayName: `greets ${who}` }), buildArgs: { WHO: who } });
  const [me, you] = [randomBytes(4).toString("hex"), randomBytes(4).toString("hex")];
  const [first, second] = [await greet(me), await greet(you)];
  await page.goto(`${new URL(page.url()).origin}/#/builds/${first.id}`);
  await others.selectOption(second.id);
  await page.getByText(/RUN echo .*Build arguments that differ: WHO\.$/).waitFor();
  const inputs = page.getByRole("table", { name: "Inputs that differ" });
  await inputs.getByRole("row", { name: "Build arguments" }).getByText(`WHO=${you}`).waitFor();
  await screenshot(page, "compare-inputs");
  return route;
}

/** Nothing is wider than a phone, and nothing that one can do is missing there. */
async function phoneTour(page: Page, host: TestHost, routes: readonly string[]): Promise<void> {
  await page.setViewportSize({ width: 360, height: 740 });
  const { build } = await host.builds.startBuild({
    spec: specOf(["RUN sleep 600"], { displayName: "on the phone" }),
  });
  for (const route of routes) {
    await page.goto(`${new URL(page.url()).origin}/#/${route}`);
    await page.getByRole("main").locator("table, section").first().waitFor();
    await expect
      .poll(() => page.evaluate<number>("document.documentElement.scrollWidth"))
      .toBeLessThanOrEqual(360);
    for (const link of await page.getByRole("navigation").getByRole("link").all())
      expect(rightOf(await link.boundingBox())).toBeLessThanOrEqual(360);
    expect(await accessibilityFaults(page)).toEqual([]);
    await screenshot(page, `phone-${route.replaceAll(/\/[^/]*/g, "-one")}`);
  }
  await page.getByRole("columnheader", { name: "Difference" }).waitFor();
  await page.getByRole("link", { name: "Builds", exact: true }).first().click();
  await page.getByRole("button", { name: "Cancel on the phone" }).click();
  expect((await watchToEnd(host, build!.id)).finished.state).toBe(BuildState.CANCELED);
  await page.setViewportSize({ width: 1280, height: 720 });
}

function rightOf(box: { x: number; width: number } | null): number {
  return box ? box.x + box.width : Number.NaN;
}

it("follows a build of a host with TLS and cancels it, across a restart and a token that expires, whatever the clock says", async () => {
  const folder = await tempDir();
  const { serverCert, serverKey } = await makeTestTls(join(folder, "tls"));
  const tokenFile = join(folder, "token");
  const allow = (token: string, expires?: Date) => {
    const admin = (name: string, token: string) => ({
      name,
      role: "admin" as const,
      groups: [],
      hash: hashToken(token),
    });
    const first = { ...admin("first", token), expires };
    const tokens = [first, admin("other", "token-of-somebody-else")];
    return writeAccessFile(tokenFile, { tokens, certificates: [] });
  };
  await allow("first-token-of-the-host");
  const port = await freePort();
  const listen = ["--tcp", `127.0.0.1:${port}`, "--token-file", tokenFile];
  const tls = ["--allow-remote-admin", "--tls-cert", serverCert, "--tls-key", serverKey];
  const args = [...listen, ...tls, "--limit", "kept-builds=1"];
  let host = await startHost({ args });
  // Its cache is pruned.
  const buildkitd = await startBuildkitd();
  onTestFinished(() => buildkitd.stop());
  const node = { endpoint: buildkitd.address };
  await host.builders.createBuilder({ name: "present", driver: "remote", node });

  const page = await (await openBrowser({ anyCertificate: true })).newPage();
  await page.addInitScript(setClockForward);
  const origin = `https://127.0.0.1:${port}`;
  const watched = watch(page, [origin]);
  page.on("dialog", (dialog) => dialog.accept());
  const callIds: string[] = [];
  page.on("response", (response) => callIds.push(response.headers()["x-request-id"] ?? ""));
  const signIn = async (token: string) => {
    await page.getByLabel("Token of the host").fill(token);
    await page.getByRole("button", { name: "Sign in" }).click();
  };
  await page.goto(origin);
  await page.getByText("The host requires a token.").waitFor();
  expect(await accessibilityFaults(page)).toEqual([]);
  await signIn("wrong");
  await page.getByText("The token is not one of this host's.").waitFor();
  await signIn("first-token-of-the-host");
  await page.getByText("No builds.").waitFor();

  const endless = "RUN i=0; while true; do i=$((i+1)); echo tick $i; sleep 0.02; done";
  const start = (host: TestHost, displayName: string) =>
    host.builds.startBuild({ spec: specOf([endless, "RUN echo never"], { displayName }) });
  const { build } = await start(host, "endless");
  const table = page.getByRole("table", { name: "Builds, the newest first" });
  await table.getByRole("row", { name: "endless" }).getByText("just now").waitFor();
  await page.getByRole("link", { name: "endless" }).click();
  await page.getByRole("button", { name: /^\[2\/3\] RUN i=0/ }).click();
  await page
    .getByRole("button", { name: "RUN echo never" })
    .getByText(/^waits for .*RUN i=0/)
    .waitFor();
  const lines = page.getByRole("log", { name: "Lines" });
  // Far more than fits: the log follows its end.
  const last = async () => Number(/.*tick (\d+)/s.exec((await lines.textContent()) ?? "")?.[1]);
  await expect.poll(last).toBeGreaterThan(150);
  await page.getByRole("button", { name: "Cancel endless" }).click();
  await page.getByText("canceled", { exact: true }).first().waitFor();
  expect((await host.builds.getBuild({ id: build!.id })).build!.state).toBe(BuildState.CANCELED);
  // Its record is removed while one looks at it.
  await runBuild(host, specOfLines(["FROM scratch", "LABEL a=b", ""], { displayName: "newer" }));
  await page.evaluate("document.dispatchEvent(new Event('visibilitychange'))");
  const refused = page.getByRole("alert");
  await refused.getByText("BUILD_UNKNOWN").waitFor();
  expect(callIds).toContain(await refused.locator(".id").textContent());
  await page.getByRole("heading", { level: 1, name: "endless" }).waitFor();
  expect(await last()).toBeGreaterThan(150);
  await historyTour(page, buildkitd.address);
  await adminTour(page, host);

  host.process.kill("SIGKILL");
  await host.ended;
  await page.getByText("The host does not answer.").waitFor();
  host = await startHost({ args, folder: host.folder });
  await page.getByText("The host does not answer.").waitFor({ state: "detached" });

  await page.getByRole("link", { name: "Builders", exact: true }).click();
  await page.getByRole("link", { name: "New builder" }).click();
  await page.getByRole("combobox", { name: "Driver" }).selectOption("remote");
  const endpoint = page.getByRole("textbox", { name: "Endpoint", exact: true });
  await endpoint.fill(buildkitd.address);
  const expire = async (token: string) => {
    await allow(token, new Date(Date.now() + 1000));
    await page.getByText(/^The token first expired at /).waitFor();
  };
  await expire("first-token-of-the-host");
  expect(await endpoint.isVisible()).toBe(false);
  expect(await accessibilityFaults(page)).toEqual([]);
  await allow("second-token-of-the-host");
  const headers = { authorization: "Bearer second-token-of-the-host" };
  const negotiate = `${origin}/slipway.v1.HostService/Negotiate`;
  await expect
    .poll(async () => (await page.request.post(negotiate, { headers, data: {} })).status())
    .toBe(200);
  await signIn("second-token-of-the-host");
  await endpoint.waitFor();
  expect(await endpoint.inputValue()).toBe(buildkitd.address);
  expect(await endpoint.evaluate((element) => element.matches(":focus"))).toBe(true);

  // Somebody else sees nothing of it.
  await page.getByText("token:first", { exact: true }).waitFor();
  await expire("second-token-of-the-host");
  await signIn("token-of-somebody-else");
  await page.getByText("token:other", { exact: true }).waitFor();
  await page.getByRole("form", { name: "New builder" }).waitFor();
  await page.getByRole("combobox", { name: "Driver" }).selectOption("remote");
  expect(await endpoint.inputValue()).toBe("");
  expect(await accessibilityFaults(page)).toEqual([]);
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByText("The host requires a token.").waitFor();
  expect(watched.faults).toEqual([]);
});

/** Has the page see a clock that is three days fast. */
function setClockForward(): void {
  const shift = 3 * 24 * 3_600_000;
  const RealDate = Date;
  globalThis.Date = class extends RealDate {
    constructor(...values: unknown[]) {
      super(...((values.length === 0 ? [RealDate.now() + shift] : values) as [number]));
    }
    static override now(): number {
      return RealDate.now() + shift;
    }
  } as DateConstructor;
}

/** Looks at a build that buildx made without the host. */
async function historyTour(page: Page, address: string): Promise<void> {
  const folder = await contextOf({
    Dockerfile: `FROM ${lab().registry.baseImage}\nRUN echo '${markup}' && exit 9\n`,
  });
  const env = { PATH: process.env.PATH, HOME: folder, BUILDX_CONFIG: join(await tempDir(), "buildx") };
  await must(lab().buildx, ["create", "--name", "far", "--driver", "remote", "--use", address], { env });
  expect((await run(lab().buildx, ["build", folder], { env })).code).not.toBe(0);

  await page.getByRole("link", { name: "Builds", exact: true }).first().click();
  const owner = page.getByRole("combobox", { name: "Owner" });
  await owner.locator("option", { hasText: "other clients" }).waitFor({ state: "attached" });
  await owner.selectOption("other clients");
  const table = page.getByRole("table", { name: "Builds, the newest first" });
  const failed = table.getByRole("row", { name: "exit code: 9" });
  await failed.waitFor();
  await expect.poll(() => table.getByRole("row", { name: "newer" }).count()).toBe(0);
  await screenshot(page, "history");
  await failed.getByRole("link").click();
  await page.getByText("From BuildKit's history").waitFor();
  const error = page.getByRole("region", { name: "Error", exact: true });
  await error.getByText("exit code: 9").first().waitFor();
  expect(await error.locator("mark").textContent()).toMatch(/^ +2 +RUN echo /);
  await page.getByRole("log", { name: "Lines" }).getByText(markup).waitFor();
  expect(await accessibilityFaults(page)).toEqual([]);
  await screenshot(page, "history-build");
  // With a build of the host.
  const others = page.getByRole("combobox", { name: "Compare with" });
  await others.selectOption({ label: (await others.getByText(/^newer, /).textContent())! });
  await page.getByText(/^The first step that differs is /).waitFor();
  await page
    .getByRole("table", { name: "Steps of both builds" })
    .getByRole("link", { name: "newer" })
    .waitFor();
}

/** Prunes a builder, and looks at the drivers and plugins. */
async function adminTour(page: Page, host: TestHost): Promise<void> {
  const open = (name: string) => page.getByRole("link", { name, exact: true }).click();
  const recordCount = async () => (await host.builders.getDiskUsage({ builder: "present" })).records.length;
  await open("Builders");
  const builder = page.getByRole("region", { name: "present" });
  await builder.getByText("running", { exact: true }).waitFor();
  await builder.getByRole("button", { name: "Disk usage of present" }).click();
  await builder.getByRole("table", { name: "Build cache" }).waitFor();
  expect(await accessibilityFaults(page)).toEqual([]);
  await screenshot(page, "builders");
  await builder.getByLabel("Internal and shared records too").check();
  const before = await recordCount();
  await builder.getByRole("button", { name: "Prune" }).click();
  await builder.getByText(/Removed [1-9]\d* records?,/).waitFor();
  expect(await recordCount()).toBeLessThan(before);

  await open("Drivers");
  const driver = page.getByRole("region", { name: "docker-container" });
  await driver.getByText(/^\d+ options$/).click();
  await driver
    .getByRole("table", { name: "Options of docker-container" })
    .getByText("memory", { exact: true })
    .waitFor();
  expect(await accessibilityFaults(page)).toEqual([]);
  await screenshot(page, "drivers");

  await open("Plugins");
  await page.getByRole("region", { name: "Plugin remote" }).getByText("running", { exact: true }).waitFor();
  expect(await accessibilityFaults(page)).toEqual([]);
  await screenshot(page, "plugins");
}

/** Pushes a scanner that finds two packages, whatever it scans. */
async function pushScanner(host: TestHost): Promise<string> {
  const name = `${lab().registry.host}/scanner-${randomBytes(4).toString("hex")}:1`;
  const packages = [
    { name: markup, versionInfo: "1.3", licenseConcluded: "Zlib" },
    { name: "busybox", versionInfo: "1.35", licenseDeclared: "GPL-2.0" },
  ];
  const predicateType = "https://spdx.dev/Document";
  const statement = { _type: "https://in-toto.io/Statement/v0.1", predicateType, predicate: { packages } };
  const context = await contextOf({
    Dockerfile: `FROM ${lab().registry.baseImage}\nCOPY --chmod=755 scan /\nCOPY sbom /\nENTRYPOINT ["/scan"]\n`,
    scan: "#!/bin/sh\ncp /sbom $BUILDKIT_SCAN_DESTINATION/sbom.spdx.json\n",
    sbom: JSON.stringify(statement),
  });
  const outputs = [{ type: "image", attributes: { push: "true" } }];
  await mustBuild(host, { builder: "present", context: fromPath(context), tags: [name], outputs });
  return name;
}

it("shows warnings, what to do about an error, the packages of an SBOM, and what a plugin wrote", async () => {
  const plugins = await tempDir();
  await installHollow(plugins);
  const host = await startHost({ plugins: [plugins] });
  const node = { endpoint: lab().buildkitd.address };
  await host.builders.createBuilder({ name: "present", driver: "remote", node });
  await host.builders.createBuilder({ name: "empty", driver: "hollow" });
  const destination = { case: "path" as const, value: join(await tempDir(), "image.tar") };
  const built = await mustBuild(host, {
    ...specOf([`MAINTAINER ${markup}`, "RUN echo scanned"], { displayName: "scanned" }),
    attestations: { sbom: `generator=${await pushScanner(host)}` },
    outputs: [create(OutputSchema, { type: "oci", destination })],
  });
  const missing = await runBuild(host, specOf(["COPY missing /"], { displayName: "lacks a file" }));
  expect(missing.finished.error).toMatchObject({ reason: "FILE_NOT_FOUND" });

  const ui = await startUi(host);
  const page = await (await openBrowser()).newPage();
  const { origin } = new URL(ui.link);
  const watched = watch(page, [origin]);
  await page.goto(ui.link);
  await page.getByRole("link", { name: "scanned" }).click();
  const warnings = page.getByRole("region", { name: "Warnings" });
  await warnings.getByText(/^MaintainerDeprecated: .* \(line 3\)/).waitFor();
  await warnings.getByRole("link", { name: /\/rule\/maintainer-deprecated\/$/ }).waitFor();
  await page.getByText(built.finished.result!.imageDigest).first().waitFor();
  await page.getByRole("combobox", { name: "Compare with" }).waitFor();
  const attestations = page.getByRole("region", { name: "Attestations" });
  await attestations.getByText(/^Packages \(SBOM\), /).click();
  const packages = attestations.getByRole("table", { name: "Packages" });
  await packages.getByRole("row", { name: markup }).getByText("Zlib").waitFor();
  await attestations.getByRole("searchbox", { name: "Search the packages" }).fill("gpl");
  await attestations.getByText("1 of 2 packages").waitFor();
  await packages.getByRole("row", { name: "busybox" }).waitFor();
  expect(await packages.getByRole("row", { name: markup }).count()).toBe(0);
  expect(await accessibilityFaults(page)).toEqual([]);
  await screenshot(page, "sbom");

  await page.goto(`${origin}/#/builds/${missing.id}`);
  const error = page.getByRole("region", { name: "Error", exact: true });
  await error.getByText("FILE_NOT_FOUND").waitFor();
  await error.getByText(missing.finished.error!.remedy, { exact: true }).waitFor();
  expect(await error.locator("mark").textContent()).toMatch(/COPY missing/);
  await screenshot(page, "remedy");

  await page.getByRole("link", { name: "Plugins", exact: true }).click();
  const plugin = page.getByRole("region", { name: "Plugin hollow" });
  await plugin.getByText("Last lines").click();
  await plugin.getByText(/^Called: \w+$/m).waitFor();
  expect(await accessibilityFaults(page)).toEqual([]);
  await screenshot(page, "plugin-lines");
  expect(await page.evaluate("globalThis.pwned")).toBeUndefined();
  expect(watched.faults).toEqual([]);
});

it("shows where builds wait and why, their project, and that they are untrusted", async () => {
  const { host, members } = await startTeam({
    args: ["--max-running-builds", "1"],
    members: { fork: { shop: "builder" } },
    untrusted: ["fork"],
  });
  const node = { endpoint: lab().buildkitd.address };
  await host.builders.createBuilder({ name: "forks", driver: "remote", node, untrusted: true });
  const start = (displayName: string) =>
    members.fork!.builds.startBuild({
      spec: { ...specOf(["RUN sleep 600"], { displayName }), builder: "forks" },
    });
  const { build: first } = await start("runs");
  for (const name of ["next", "after it"]) await start(name);

  const ui = await startUi(host);
  const page = await (await openBrowser()).newPage();
  const watched = watch(page, [new URL(ui.link).origin]);
  page.on("dialog", (dialog) => dialog.accept());
  await page.goto(ui.link);
  const table = page.getByRole("table", { name: "Builds, the newest first" });
  const row = (name: string) => table.getByRole("row").filter({ has: page.getByRole("link", { name }) });
  const why = "The host has as many running builds as it may: 1.";
  await row("next").getByText(`Next in the queue. ${why}`).waitFor();
  await row("after it").getByText(`Place 2 in the queue. ${why}`).waitFor();
  await row("after it").getByText("Project shop").waitFor();
  await row("after it").getByText("untrusted", { exact: true }).waitFor();
  expect(await accessibilityFaults(page)).toEqual([]);
  await screenshot(page, "queue");
  const state = page.getByRole("combobox", { name: "State" });
  await state.selectOption("running");
  await row("after it").waitFor({ state: "detached" });
  await row("runs").waitFor();
  await state.selectOption("queued");
  await row("runs").waitFor({ state: "detached" });

  await row("after it").getByRole("link").click();
  await page.getByRole("status").getByText(`Place 2 in the queue. ${why}`).waitFor();
  await page.getByText("untrusted", { exact: true }).waitFor();
  await page.getByText("shop", { exact: true }).waitFor();
  expect(await accessibilityFaults(page)).toEqual([]);
  await page.getByRole("link", { name: "Builds", exact: true }).first().click();
  await page.getByRole("button", { name: "Cancel next" }).click();
  await row("next").getByText("canceled", { exact: true }).waitFor();
  await row("after it").getByText(`Next in the queue. ${why}`).waitFor();
  await page.getByRole("button", { name: "Cancel runs" }).click();
  await row("after it").getByText("running", { exact: true }).waitFor();
  expect(await row("after it").getByText("in the queue").count()).toBe(0);
  const { build } = await host.builds.getBuild({ id: first!.id });
  expect(build!.state).toBe(BuildState.CANCELED);
  await page.getByRole("button", { name: "Cancel after it" }).click();
  await row("after it").getByText("canceled", { exact: true }).waitFor();
  expect(watched.faults).toEqual([]);
});

it("scrolls and searches a log that is taller than an element of a browser can be", async () => {
  const host = await startHost();
  const buildkitd = await startBuildkitd({
    env: { BUILDKIT_STEP_LOG_MAX_SIZE: "-1", BUILDKIT_STEP_LOG_MAX_SPEED: "-1" },
  });
  onTestFinished(() => buildkitd.stop());
  const node = { endpoint: buildkitd.address };
  await host.builders.createBuilder({ name: "present", driver: "remote", node });
  const count = 2_000_000;
  const built = await mustBuild(host, specOf([`RUN yes | head -n ${count - 1}; echo the last line`]));

  const ui = await startUi(host);
  const page = await (await openBrowser()).newPage();
  const watched = watch(page, [new URL(ui.link).origin]);
  await page.goto(ui.link);
  await page.getByRole("table", { name: "Builds, the newest first" }).waitFor();
  await page.goto(`${new URL(ui.link).origin}/#/builds/${built.id}`);
  await page.getByRole("button", { name: "RUN yes" }).click();
  const lines = page.getByRole("log", { name: "Lines" });
  const row = (number: number) => lines.getByText(new RegExp(`^${number}$`));
  await row(1).waitFor();
  await lines.focus();
  await page.keyboard.press("End");
  await row(count).waitFor();
  expect(await lines.getByText("the last line").isVisible()).toBe(true);
  await page.keyboard.press("Home");
  await row(1).waitFor();

  // Half of it, and from there by the wheel: as many lines as it is turned.
  const top = async () => {
    const { y } = (await lines.boundingBox())!;
    const number = lines.locator(".line-number").first();
    return Number(await number.textContent()) * 18 + y - (await number.boundingBox())!.y;
  };
  await lines.evaluate((element) => element.scrollTo(0, element.scrollHeight / 2));
  await expect.poll(async () => Math.abs((await top()) / 18 / count - 0.5)).toBeLessThan(0.01);
  const before = await top();
  await lines.hover();
  for (let turn = 0; turn < 5; turn++) await page.mouse.wheel(0, 180);
  await expect.poll(async () => Math.round((await top()) - before)).toBe(900);

  await page.getByRole("searchbox", { name: "Search the log" }).fill("LAST LINE");
  await page.getByText("1 of 1", { exact: true }).waitFor();
  await row(count).waitFor();
  expect(watched.faults).toEqual([]);
});

it("gives only its own page what the link opens, and only what the page needs", async () => {
  const { host, port: tcpPort, token } = await startRemoteHost();
  const ui = await startUi(host);
  const { port, hash } = new URL(ui.link);
  const once = hash.replace("#once=", "");
  const ask = (path: string, { token, ...headers }: Record<string, string> = {}, to = port) =>
    new Promise<{ status: number; headers: Record<string, unknown>; text: string }>((resolve, reject) => {
      const isFile = !path.includes(".") && path !== "/session" ? true : path.startsWith("/main");
      const call = request(
        {
          host: "127.0.0.1",
          port: to,
          path,
          method: isFile ? "GET" : "POST",
          headers: {
            "content-type": "application/json",
            ...(token && { authorization: `Bearer ${token}` }),
            ...headers,
          },
        },
        (answer) => {
          let text = "";
          answer.setEncoding("utf8").on("data", (part: string) => {
            text += part;
          });
          answer.on("end", () => resolve({ status: answer.statusCode!, headers: answer.headers, text }));
        },
      );
      call.on("error", reject);
      call.end(isFile ? undefined : "{}");
    });
  const list = "/slipway.v1.BuildService/ListBuilds";

  for (const to of [port, String(tcpPort)]) {
    const document = await ask("/", {}, to);
    expect(document.status).toBe(200);
    expect(document.headers["content-security-policy"]).toContain("default-src 'none'; script-src 'self'");
    expect(document.headers["content-security-policy"]).toContain("frame-ancestors 'none'");
    expect(document.headers["content-security-policy"]).not.toContain("unsafe");
    expect(document.headers["x-content-type-options"]).toBe("nosniff");
    const script = await ask("/main.js", { "accept-encoding": "gzip" }, to);
    expect(Number(script.headers["content-length"])).toBeLessThan(120_000);
  }

  expect((await ask(list)).status).toBe(401);
  expect((await ask(list, { token: once })).status).toBe(401);
  const foreign = { host: "rebound.example", origin: `http://rebound.example:${port}` };
  expect((await ask("/session", { token: once, host: foreign.host })).text).toContain("ORIGIN_REFUSED");
  expect((await ask("/session", { token: once, origin: foreign.origin })).text).toContain("ORIGIN_REFUSED");
  expect((await ask("/", { "sec-fetch-site": "cross-site" })).status).toBe(403);
  const begun = await ask("/session", { token: once, origin: `http://127.0.0.1:${port}` });
  const session = { token: JSON.parse(begun.text).token };
  expect((await ask(list, session)).status).toBe(200);
  expect((await ask(list, { ...session, origin: "http://127.0.0.1:1" })).status).toBe(403);
  expect((await ask("/slipway.v1.HostService/Shutdown", session)).text).toContain("METHOD_UNKNOWN");
  expect((await ask("/session", { token: once })).status).toBe(401);
  // The link was used again.
  expect((await ask(list, session)).status).toBe(401);

  // The page of the host itself may call, and no other.
  const own = `http://127.0.0.1:${tcpPort}`;
  const status = async (headers: Record<string, string>) =>
    (await ask(list, { token, ...headers }, String(tcpPort))).status;
  expect(await status({ origin: own })).toBe(200);
  expect(
    await status({ origin: `http://rebound.example:${tcpPort}`, host: `rebound.example:${tcpPort}` }),
  ).toBe(403);
  expect(await status({ origin: own, host: "localhost:1" })).toBe(403);
});
