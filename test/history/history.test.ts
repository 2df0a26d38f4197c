import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { readTypedError } from "../../src/errors/typed-error.js";
import { HistoryState } from "../../src/gen/slipway/v1/history_pb.js";
import { type Slipway, slipwayOf } from "../cli/slipway.js";
import { contextOf, fromPath, mustBuild, runBuild } from "../host/build.js";
import { engineEnvironment, startHost, type TestHost } from "../host/host.js";
import { lab, must, run, startBuildkitd, tempDir, until } from "../lab/index.js";
import { makeRepository, serveGit } from "../session-services/git-server.js";

/** The reason of the error of a call. Fails when the call succeeds. */
const reasonOf = (call: Promise<unknown>) =>
  call.then(
    () => expect.unreachable("The call succeeded."),
    (cause) => readTypedError(cause).reason,
  );

/** A context with these lines after FROM. */
const context = (...lines: string[]) =>
  contextOf({ Dockerfile: [`FROM ${lab().registry.baseImage}`, ...lines, ""].join("\n") });

describe("the history of a daemon that two tools use", () => {
  let host: TestHost;
  let slipway: Slipway;
  let buildx: (...args: string[]) => Promise<string>;
  let address: string;
  let env: Record<string, string | undefined>;

  beforeEach(async () => {
    const daemon = await startBuildkitd();
    onTestFinished(daemon.stop);
    address = daemon.address;
    host = await startHost();
    slipway = slipwayOf(host);
    await host.builders.createBuilder({ name: "far", driver: "remote", node: { endpoint: address } });
    const folder = await tempDir();
    env = { PATH: process.env.PATH, HOME: folder, BUILDX_CONFIG: join(folder, "buildx") };
    buildx = async (...args) => (await must(lab().buildx, args, { env })).stdout;
    await buildx("create", "--name", "far", "--driver", "remote", "--use", address);
  });

  const history = (...args: string[]) => slipway(["--builder", "far", "history", ...args]);

  it("contains the builds of both, with errors, logs and attachments as buildx shows them", async () => {
    const ours = await mustBuild(host, { builder: "far", context: fromPath(await context("RUN echo ours")) });
    const folder = await context(`RUN echo theirs ${randomUUID()}`);
    const metadata = join(await tempDir(), "metadata.json");
    const target = ["--provenance", "mode=max", "--output", "type=oci,dest=/dev/null"];
    const settings = [
      ...["--label", "a=b", "--build-arg", "c=d", "--build-arg", "BUILDKIT_CONTEXT_KEEP_GIT_DIR=1"],
      ...["--build-arg", "SOURCE_DATE_EPOCH=0", "--build-arg", "BUILDKIT_MULTI_PLATFORM=1"],
      ...["--network", "none", "--add-host", "here:1.2.3.4", "--pull", "--no-cache"],
      ...["--shm-size", "64m", "--ulimit", "nofile=1000:2000", "--platform", "linux/amd64"],
      ...["--cache-from", `type=registry,ref=${lab().registry.host}/nothing`],
    ];
    await buildx("build", ...target, ...settings, "--metadata-file", metadata, folder);
    const failing = await runBuild(host, {
      builder: "far",
      context: fromPath(await context("RUN echo last words; exit 7")),
      displayName: "a failure",
    });

    const { records, diagnostics } = await host.history.listHistory({ builder: "far" });
    expect(diagnostics).toEqual([]);
    expect(records.map(({ ref, state }) => [ref, HistoryState[state]])).toEqual([
      [failing.id, "FAILED"],
      [expect.any(String), "SUCCEEDED"],
      [ours.id, "SUCCEEDED"],
    ]);
    const theirs = records[1]!;
    expect(records[0]).toMatchObject({ builder: "far", node: "far0", name: "a failure" });
    // buildx sees the same.
    const seen = (await buildx("history", "ls", "--format", "json")).trim().split("\n");
    const refsSeen = seen.map((line) => (JSON.parse(line) as { ref: string }).ref);
    expect(refsSeen).toEqual(records.map(({ ref }) => `far/far0/${ref}`));

    // The error has details, and the logs contain the output of the step.
    const { record: failed } = await host.history.getHistoryRecord({ builder: "far", ref: failing.id });
    expect(failed?.error).toMatchObject({ reason: "STEP_FAILED", exitCode: 7 });
    expect(failed?.error?.sources[0]?.ranges).toMatchObject([{ startLine: 2 }]);
    let output = "";
    for await (const { progress } of host.history.watchHistoryLogs({ builder: "far", ref: failing.id }))
      for (const { data } of progress!.logs) output += Buffer.from(data).toString();
    expect(output).toBe("last words\n");
    const shown = await history("inspect", failing.id);
    expect(shown.stdout).toContain(">>> RUN echo last words; exit 7");
    expect(shown.stdout).toContain("Error:       FailedPrecondition process");

    // Attachments equal those of buildx, byte for byte.
    const name = { builder: "far", ref: theirs.ref };
    const { record } = await host.history.getHistoryRecord(name);
    const inspected = JSON.parse(await buildx("history", "inspect", theirs.ref, "--format", "json"));
    const own = JSON.parse((await history("inspect", theirs.ref, "--format", "json")).stdout);
    // buildx reads names from files on the user's disk.
    const { Name: _name, Context: _context, ...comparable } = inspected;
    expect(own).toMatchObject(comparable);
    const lines = (text: string) => text.split("\n").map((line) => line.replace(/\s+/g, " ").trim());
    const forPeople = lines((await history("inspect", theirs.ref)).stdout);
    const expected = lines(await buildx("history", "inspect", theirs.ref)).filter(
      (line) => line && !/^(Name|Context|Started|Build Steps|Print|View)\b/.test(line),
    );
    expect(forPeople).toEqual(expect.arrayContaining(expected));
    const provenance = record!.attachments.find(({ type }) => type.startsWith("https://slsa.dev/"))!;
    const printed = await history("inspect", "attachment", theirs.ref, provenance.digest);
    expect(printed.stdout).toBe(
      await buildx("history", "inspect", "attachment", theirs.ref, provenance.digest),
    );
    expect((await history("inspect", "attachment", theirs.ref, "--type", "provenance")).stdout).toBe(
      printed.stdout,
    );
    expect(
      await reasonOf(
        (async () => {
          for await (const _ of host.history.readHistoryAttachment({ ...name, digest: "sha256:0" }));
        })(),
      ),
    ).toBe("ATTACHMENT_UNKNOWN");
  });

  it("is listed, filtered, addressed by offset and removed", async () => {
    const builds: string[] = [];
    for (const line of ["RUN exit 1", "RUN true", "RUN echo newest"])
      builds.push(
        (
          await runBuild(host, {
            builder: "far",
            context: fromPath(await context(line)),
            tags: [line.slice(4, 8).replace("exit", "fail")],
          })
        ).id,
      );
    const [first, second, third] = builds as [string, string, string];

    const { stdout } = await history("ls");
    expect(stdout.split("\n")[0]).toMatch(/^BUILD ID +NAME +STATUS +CREATED AT +DURATION$/);
    expect(stdout.split("\n")[1]).toMatch(new RegExp(`^${third} +echo +Completed +.* ago +\\d+\\.\\ds$`));
    const refs = async (...filters: string[]) =>
      (await host.history.listHistory({ builder: "far", filters })).records.map(({ ref }) => ref);
    expect(await refs("status=error")).toEqual([first]);
    expect(await refs("status!=error", "duration<1h", "startedAt>10m")).toEqual([third, second]);
    expect(await refs(`ref=${second.slice(0, 20)}`, "completedAt<=2001-02-03T04:05:06Z")).toEqual([]);
    expect(await reasonOf(host.history.listHistory({ builder: "far", filters: ["status<error"] }))).toBe(
      "FILTER_INVALID",
    );

    const refOf = async (ref: string) =>
      (await host.history.getHistoryRecord({ builder: "far", ref })).record?.ref;
    expect([
      await refOf(""),
      await refOf("^0"),
      await refOf("^2"),
      await refOf(`far/far0/${second}`),
    ]).toEqual([third, third, first, second]);
    for (const unknown of ["nothing", "^3", `far/far1/${second}`])
      expect(await reasonOf(host.history.getHistoryRecord({ builder: "far", ref: unknown }))).toBe(
        "HISTORY_RECORD_UNKNOWN",
      );

    // An unknown reference prevents the removal of the others.
    expect((await history("rm", second, "nothing")).stderr).toContain('No record found for ref "nothing"');
    expect(await refs()).toEqual([third, second, first]);
    expect((await history("rm", second)).stdout).toBe(`far/far0/${second}\n`);
    expect(await refs()).toEqual([third, first]);
    expect((await history("rm")).code).toBe(1);
    expect((await history("rm", "--all")).stdout.trim().split("\n")).toHaveLength(2);
    expect(await refs()).toEqual([]);
    expect((await buildx("history", "ls", "--format", "json")).trim()).toBe("");
    expect((await history("logs")).stderr).toContain("has 0 records");
  });

  it("has builds whose attributes are not UTF-8", async () => {
    // Arguments of Node's child processes are text.
    const build = `exec "$0" build --file "$(printf 'Dock\\377')" "$1"`;
    const { code } = await run("sh", ["-c", build, lab().buildx, await contextOf({})], { env });
    expect(code).toBe(1);
    const { records } = await host.history.listHistory({ builder: "far" });
    expect(records.map(({ frontendAttributes }) => frontendAttributes.filename)).toEqual(["Dock\ufffd"]);
    const { record } = await host.history.getHistoryRecord({ builder: "far", ref: records[0]!.ref });
    expect(record!.error!.message).toContain("open Dock\ufffd: no such file");
    expect((await history("logs")).stderr).toContain("load build definition from Dock\ufffd");
  });

  it("has the names that buildx shows of builds on another machine", async () => {
    const repository = await tempDir();
    const Dockerfile = "FROM scratch AS app\nLABEL of=app\n";
    const files = ["Dockerfile", "my.Dockerfile", "sub/my.Dockerfile", "sub/deep/Dockerfile"];
    await makeRepository(repository, Object.fromEntries(files.map((file) => [file, Dockerfile])));
    const folder = join(repository, "work");
    await must("git", ["-C", folder, "remote", "add", "origin", "https://example.com/me/app.git"]);
    const build = (...args: string[]) => buildx("build", "--output", "type=cacheonly", ...args);
    await build(folder);
    for (const file of files) await build("--file", join(folder, file), "--target", "app", folder);
    await build("--file", join(folder, "sub/my.Dockerfile"), join(folder, "sub"));
    await build("--build-arg", "BUILDKIT_BUILD_NAME=nightly", folder);
    const remote = `${await serveGit(repository)}/repo.git`;
    for (const where of [`${remote}#main`, `${remote}#main:sub/deep`]) await build(where);
    await build("--file", "sub/my.Dockerfile", "--target", "app", `${remote}#main`);

    // buildx reads names of builds on its own machine from files there.
    const env = { PATH: process.env.PATH, HOME: await tempDir() };
    const elsewhere = (...args: string[]) => must(lab().buildx, args, { env });
    await elsewhere("create", "--name", "far", "--driver", "remote", "--use", address);
    const { stdout } = await elsewhere("history", "ls", "--no-trunc", "--format", "{{.Ref}}={{.Name}}");
    const { records } = await host.history.listHistory({ builder: "far" });
    expect(records).toHaveLength(10);
    expect(records.map(({ ref, name }) => `${ref}=${name}`).sort()).toEqual(stdout.trim().split("\n").sort());
  });

  it("contains running builds, and cancelled ones with their state", async () => {
    const endless = await context("RUN echo begun; while [ ! -e /proc/0 ]; do sleep 0.1; done");
    const { build } = await host.builds.startBuild({ spec: { builder: "far", context: fromPath(endless) } });
    const id = build!.id;
    let isRunning = false;
    for await (const { event } of host.builds.watchBuild({ id })) {
      if (event?.event.case !== "progress" || event.event.value.logs.length === 0) continue;
      const { records } = await host.history.listHistory({ builder: "far", filters: ["status=running"] });
      expect(records.map(({ ref }) => ref)).toEqual([id]);
      isRunning = true;
      break;
    }
    expect(isRunning).toBe(true);
    // Logs of a running build continue until it ends.
    let output = "";
    for await (const { progress } of host.history.watchHistoryLogs({ builder: "far", ref: id })) {
      for (const { data } of progress!.logs) output += Buffer.from(data).toString();
      if (output) await host.builds.cancelBuild({ id });
    }
    expect(output).toBe("begun\n");
    await until("the record is there", async () => {
      const { record } = await host.history.getHistoryRecord({ builder: "far", ref: id });
      return record?.state === HistoryState.CANCELED;
    });
  });
});

it("is read from the BuildKit inside an engine, if that keeps one", async () => {
  const host = await startHost();
  const environment = engineEnvironment("engine29");
  const { id } = await mustBuild(host, { environment, context: fromPath(await context("RUN echo engine")) });
  const { record } = await host.history.getHistoryRecord({ environment, ref: id });
  expect(record).toMatchObject({ builder: "default", state: HistoryState.SUCCEEDED });
  expect((await slipwayOf(host)(["history", "ls"])).stdout).toContain(id);

  const old = { environment: engineEnvironment("engine20") };
  expect(await reasonOf(host.history.listHistory(old))).toBe("HISTORY_UNSUPPORTED");
  expect((await slipwayOf(host, "engine20")(["history", "ls"])).stderr).toContain(
    "keeps no history of builds",
  );
});

it("reports why a daemon cannot be reached", async () => {
  const host = await startHost();
  const node = { endpoint: "unix:///nowhere/buildkitd.sock" };
  await host.builders.createBuilder({ name: "gone", driver: "remote", node });
  expect(await reasonOf(host.history.listHistory({ builder: "gone" }))).toMatch(/^BUILDKIT_/);
  expect(await reasonOf(host.history.listHistory({ builder: "none" }))).toBe("BUILDER_UNKNOWN");
});
