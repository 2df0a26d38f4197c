import { readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { describe, expect, it } from "vitest";
import { BuildState } from "../../src/gen/slipway/v1/build_event_pb.js";
import { contextOf, fromPath, mustBuild, runBuild } from "../host/build.js";
import { engineEnvironment, shareHost, startHost } from "../host/host.js";
import { baseImageName, must, tempDir } from "../lab/index.js";
import { makeRepository, serveGit } from "../session-services/git-server.js";
import { serveBytes } from "../session-services/http-server.js";
import { tarOf } from "../session-services/solve.js";

const engines = ["engine20", "engine29"] as const;

const shared = shareHost();

describe.each(engines)("contexts on %s", (engine) => {
  it("are fetched from git, with a branch and a folder", async () => {
    const host = shared();
    const folder = await tempDir();
    await makeRepository(folder, {
      "app/Dockerfile": `FROM ${baseImageName}\nCOPY file /\nRUN cat /file\n`,
      "app/file": "from git",
    });
    const url = `${await serveGit(folder)}/repo.git#main:app`;
    const context = { source: { case: "url" as const, value: url } };
    const run = await mustBuild(host, { environment: engineEnvironment(engine), context, noCache: true });
    expect(run.output).toContain("from git");
  });

  it("are fetched over http, with a Dockerfile from the request", async () => {
    const host = shared();
    const archive = await buffer(tarOf({ file: "from http" }));
    const url = `${await serveBytes(archive)}/context.tar`;
    const run = await mustBuild(host, {
      environment: engineEnvironment(engine),
      context: { source: { case: "url", value: url } },
      dockerfile: {
        source: {
          case: "content",
          value: Buffer.from(`FROM ${baseImageName}\nCOPY file /\nRUN cat /file\n`),
        },
      },
      noCache: true,
    });
    expect(run.output).toContain("from http");
  });

  it("can have a Dockerfile elsewhere, with its own ignore file", async () => {
    const host = shared();
    const context = await contextOf({ kept: "k", dropped: "d" });
    const elsewhere = await contextOf({
      "Other.dockerfile": `FROM ${baseImageName}\nCOPY . /src\nRUN ls /src\n`,
      "Other.dockerfile.dockerignore": "dropped\n",
    });
    const run = await mustBuild(host, {
      environment: engineEnvironment(engine),
      context: fromPath(context),
      dockerfile: { source: { case: "path", value: join(elsewhere, "Other.dockerfile") } },
      noCache: true,
    });
    expect(run.output).toContain("kept");
    expect(run.output).not.toContain("dropped");
  });

  it("preserve long ignore files, links and modes", async () => {
    const host = shared();
    const ignored = Array.from({ length: 300 }, (_, i) => `ignored-${i}`);
    const context = await contextOf({
      Dockerfile: `FROM ${baseImageName}\nCOPY . /src\nRUN cd /src && ls && readlink link && stat -c %a run.sh\n`,
      ".dockerignore": `${ignored.join("\n")}\n!ignored-7\n`,
      ...Object.fromEntries(ignored.map((name) => [name, ""])),
    });
    await symlink("target/elsewhere", join(context, "link"));
    await writeFile(join(context, "run.sh"), "", { mode: 0o755 });
    const run = await mustBuild(host, {
      environment: engineEnvironment(engine),
      context: fromPath(context),
      noCache: true,
    });
    expect(run.output.match(/ignored-\d+/g)).toEqual(["ignored-7"]);
    expect(run.output).toContain("target/elsewhere");
    expect(run.output).toContain("755");
  });
});

it("an ignore file that makes a backtracking matcher hang does not stop the build or the host", async () => {
  const host = shared();
  const name = "a".repeat(36);
  const context = await contextOf({
    Dockerfile: `FROM ${baseImageName}\nCOPY . /src\nRUN ls /src\n`,
    ".dockerignore": "*a*a*a*a*a*a*a*b\n",
    [name]: "kept",
    [`${name}b`]: "ignored",
  });
  const build = mustBuild(host, {
    environment: engineEnvironment("engine29"),
    context: fromPath(context),
    noCache: true,
  });
  const [run, { builders }] = await Promise.all([build, host.builders.listBuilders({})]);
  expect(builders.length).toBeGreaterThan(0);
  expect(run.output).toMatch(new RegExp(`\\b${name}\\b`));
  expect(run.output).not.toContain(`${name}b`);
  await host.builders.listBuilders({});
});

it("named contexts: folders, images and OCI layouts", async () => {
  const host = shared();
  const environment = engineEnvironment("engine29");
  const layout = join(await tempDir(), "layout");
  const made = await contextOf({ Dockerfile: "FROM scratch\nCOPY file /from-layout\n", file: "layout" });
  await mustBuild(host, {
    environment,
    context: fromPath(made),
    outputs: [{ type: "oci", attributes: { tar: "false" }, destination: { case: "path", value: layout } }],
  });
  expect(JSON.parse(await readFile(join(layout, "index.json"), "utf8")).manifests).toHaveLength(1);

  const lines = [
    "FROM base",
    "COPY --from=folder f /f",
    "COPY --from=layout from-layout /l",
    "RUN cat /f /l",
  ];
  const context = await contextOf({ Dockerfile: `${lines.join("\n")}\n` });
  const folder = await contextOf({ f: "folder " });
  const run = await mustBuild(host, {
    environment,
    context: fromPath(context),
    namedContexts: {
      base: { source: { case: "image", value: baseImageName } },
      folder: { source: { case: "path", value: folder } },
      layout: { source: { case: "ociLayout", value: layout } },
    },
    noCache: true,
  });
  expect(run.output).toContain("folder layout");
});

it("local caches are exported and imported", async () => {
  const host = shared();
  const environment = engineEnvironment("engine29");
  const cache = join(await tempDir(), "cache");
  const context = fromPath(
    await contextOf({ Dockerfile: `FROM ${baseImageName}\nRUN echo cached ${Date.now()}\n` }),
  );
  const attributes = { dest: cache, mode: "max" };
  const from = { type: "local", attributes: { src: cache } };
  const first = await mustBuild(host, {
    environment,
    context,
    cacheFrom: [from],
    cacheTo: [{ type: "local", attributes }],
  });
  expect(
    first.events.flatMap(({ event }) => (event.case === "warning" ? [event.value.reason] : [])),
  ).toContain("CACHE_EMPTY");
  const second = await mustBuild(host, { environment, context, cacheFrom: [from] });
  expect(second.steps).toContainEqual(expect.stringMatching(/^importing cache manifest from local/));
});

it("calls are answered without a build: check, outline and targets", async () => {
  const host = shared();
  const environment = engineEnvironment("engine29");
  const context = fromPath(
    await contextOf({ Dockerfile: `FROM ${baseImageName} as Base\nFROM base AS final\nARG A=1\n` }),
  );
  const targets = await mustBuild(host, { environment, context, call: "targets" });
  const answer = JSON.parse(Buffer.from(targets.finished.result!.call!.json).toString());
  expect(answer.targets.map(({ name }: { name: string }) => name)).toEqual(["base", "final"]);
  const check = await runBuild(host, { environment, context, call: "check" });
  expect(check.finished.state).toBe(BuildState.SUCCEEDED);
  expect(check.finished.result?.call?.text).toContain("FromAsCasing");
  const outline = await mustBuild(host, { environment, context, call: "outline" });
  expect(outline.finished.result?.call?.text).toContain("A");
});

it("a context and output of 2 GiB need little memory", { timeout: 900_000 }, async () => {
  const host = await startHost();
  const context = await contextOf({ Dockerfile: "FROM scratch\nCOPY big /\n" });
  const size = 2 * 1024 ** 3;
  await must("truncate", ["-s", String(size), join(context, "big")]);
  await mustBuild(host, {
    environment: engineEnvironment("engine29"),
    context: fromPath(context),
    outputs: [{ type: "tar", destination: { case: "path", value: "/dev/null" } }],
  });
  const status = await readFile(`/proc/${host.process.pid}/status`, "utf8");
  const peakMiB = Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1]) / 1024;
  expect(peakMiB).toBeLessThan(400);
});
