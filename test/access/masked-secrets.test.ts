import { randomUUID } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { create, type DescMessage, type Message, toBinary } from "@bufbuild/protobuf";
import { type Client, createClient, type Interceptor } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import { beforeEach, expect, it } from "vitest";
import { BuildProgressSchema } from "../../src/gen/slipway/build/v1/build_progress_pb.js";
import { BuildResultSchema } from "../../src/gen/slipway/build/v1/build_result_pb.js";
import { BuildState } from "../../src/gen/slipway/v1/build_event_pb.js";
import {
  BuildService,
  GetBuildResponseSchema,
  ListBuildsResponseSchema,
  WatchBuildResponseSchema,
} from "../../src/gen/slipway/v1/build_pb.js";
import {
  GetHistoryRecordResponseSchema,
  HistoryService,
  ListHistoryResponseSchema,
} from "../../src/gen/slipway/v1/history_pb.js";
import { hashToken, newToken, writeAccessFile } from "../../src/host/access/access-file.js";
import { createRemote } from "../builders/harness.js";
import { slipwayOf } from "../cli/slipway.js";
import { contextOf, fromPath, runBuild } from "../host/build.js";
import { startHost, type TestHost } from "../host/host.js";
import { openBrowser } from "../lab/chromium.js";
import { freePort, lab, tempDir } from "../lab/index.js";
import { startUi } from "../ui/page.js";

/** Values that no answer and no file may contain. */
const secrets = {
  token: "sekrit-0f3a",
  proxy: "pr0xy-pa55",
  url: "https-pa55",
  user: "ghp_0123456789abcdef",
};

let host: TestHost;
let folder: string;
let admin: { builds: Client<typeof BuildService>; history: Client<typeof HistoryService> };

beforeEach(async () => {
  folder = await tempDir();
  const token = newToken();
  const file = join(await tempDir(), "access.toml");
  const grant = { name: "admin", role: "admin" as const, hash: hashToken(token), groups: [] };
  await writeAccessFile(file, { tokens: [grant], certificates: [] });
  const address = `127.0.0.1:${await freePort()}`;
  host = await startHost({ folder, args: ["--tcp", address, "--token-file", file] });
  await createRemote(host, "far");
  const authorize: Interceptor = (next) => (request) => {
    request.header.set("authorization", `Bearer ${token}`);
    return next(request);
  };
  const baseUrl = `http://${address}`;
  const transport = createConnectTransport({ baseUrl, httpVersion: "1.1", interceptors: [authorize] });
  admin = {
    builds: createClient(BuildService, transport),
    history: createClient(HistoryService, transport),
  };
});

/** A build whose steps show the secrets, with these lines after them. */
const spec = async (...lines: string[]) => ({
  builder: "far",
  context: fromPath(
    await contextOf({
      Dockerfile: [
        `FROM ${lab().registry.baseImage}`,
        "ARG TOKEN REPO",
        `RUN printf "%s" "\${TOKEN%?????}"; sleep 0.3; printf "%s\\n" "\${TOKEN#??????}" # ${randomUUID()}`,
        `RUN echo "$TOKEN $http_proxy $REPO" # ${randomUUID()}`,
        "WORKDIR /w-$TOKEN",
        ...lines,
        "",
      ].join("\n"),
    }),
  ),
  buildArgs: {
    TOKEN: secrets.token,
    http_proxy: `http://user:${secrets.proxy}@proxy.invalid`,
    REPO: `https://u:${secrets.url}@h.invalid/ https://${secrets.user}@h.invalid/`,
  },
  sensitiveParameters: ["TOKEN"],
  displayName: `of ${secrets.token}`,
});

/** Which secrets the bytes contain. */
function secretsIn(bytes: Uint8Array): string[] {
  return Object.values(secrets).filter((secret) => Buffer.from(bytes).includes(secret));
}

function expectMasked<Desc extends DescMessage>(schema: Desc, answer: Message): void {
  expect([schema.typeName, secretsIn(toBinary(schema, answer as never))]).toEqual([schema.typeName, []]);
}

/** Looks at the web page: the list, and the only build with the log of a step. */
async function expectMaskedPage(): Promise<void> {
  const ui = await startUi(host);
  const page = await (await openBrowser()).newPage();
  await page.goto(ui.link);
  const build = page.getByRole("link", { name: "of <redacted>" });
  await build.waitFor();
  const list = await page.content();
  await build.click();
  await page.getByRole("button", { name: /RUN echo/ }).click();
  await page.getByRole("log", { name: "Lines" }).getByText("<redacted>").first().waitFor();
  expect(secretsIn(Buffer.from(list + (await page.content())))).toEqual([]);
  expect(await ui.stop()).toBe(0);
}

/** Runs the commands that show a build: as text, in numbers, and as a picture. */
async function expectMaskedCommands(id: string): Promise<void> {
  const slipway = slipwayOf(host);
  const recorded = ["--builder", "far", id];
  for (const args of [
    ["builds", "show", id, "--trace"],
    ["builds", "trace", id, "--format", "json"],
    ["builds", "trace", id, "--format", "svg"],
    ["builds", "show", id],
    ["builds", "ls", "--format", "json"],
    ["builds", "logs", id],
    ["history", "inspect", "--format", "json", ...recorded],
    ["history", "logs", ...recorded],
    ["history", "trace", "--format", "pretty", ...recorded],
    ["history", "trace", ...recorded],
    ["history", "trace", "--format", "otlp", ...recorded],
  ]) {
    const { stdout, stderr } = await slipway(args);
    expect([args, secretsIn(Buffer.from(stdout + stderr))]).toEqual([args, []]);
    // As JSON and SVG write it, too. The picture of BuildKit's trace cuts names.
    if (!args.includes("pretty"))
      expect(stdout + stderr, args.join(" ")).toMatch(/(<|\\u003c|&#60;)redacted/);
  }
}

/** Reads everything about a build as another principal, and all files of the host. Returns the output of the steps. */
async function expectNoSecrets(id: string): Promise<string> {
  let output = "";
  for await (const event of admin.builds.watchBuild({ id })) {
    expectMasked(WatchBuildResponseSchema, event);
    const change = event.event?.event;
    if (change?.case === "progress")
      for (const { data } of change.value.logs) output += Buffer.from(data).toString();
  }
  expectMasked(GetBuildResponseSchema, await admin.builds.getBuild({ id }));
  expectMasked(ListBuildsResponseSchema, await admin.builds.listBuilds({}));
  const { records, diagnostics } = await admin.history.listHistory({ builder: "far" });
  const own = records.filter(({ ref }) => ref === id);
  expect(own).toHaveLength(1);
  expect(own[0]!.frontendAttributes).toMatchObject({ "build-arg:TOKEN": "<redacted>" });
  expectMasked(ListHistoryResponseSchema, create(ListHistoryResponseSchema, { records: own, diagnostics }));
  expectMasked(
    GetHistoryRecordResponseSchema,
    await admin.history.getHistoryRecord({ builder: "far", ref: id }),
  );
  for await (const { progress } of admin.history.watchHistoryLogs({ builder: "far", ref: id })) {
    expectMasked(BuildProgressSchema, progress!);
  }
  await expectMaskedCommands(id);
  host.process.kill("SIGTERM");
  await host.ended;
  const files = await readdir(folder, { recursive: true, withFileTypes: true });
  const read = files.filter((file) => file.isFile()).map((file) => join(file.parentPath, file.name));
  expect(read.map((file) => file.slice(folder.length))).toContain("/state/store/data.mdb");
  for (const file of read) expect([file, secretsIn(await readFile(file))]).toEqual([file, []]);
  expect(secretsIn(Buffer.from(host.log()))).toEqual([]);
  return output;
}

it("no watcher, record, history or file has a secret of a build that fails", async () => {
  const { id, finished, steps } = await runBuild(host, await spec("COPY missing-$TOKEN /"));
  expect(finished.state).toBe(BuildState.FAILED);
  expect(finished.error).toMatchObject({
    reason: "FILE_NOT_FOUND",
    message: expect.stringContaining("missing-<redacted>"),
  });
  expect(steps).toContainEqual(expect.stringContaining("WORKDIR /w-<redacted>"));
  const { build } = await admin.builds.getBuild({ id });
  expect(build).toMatchObject({
    displayName: "of <redacted>",
    spec: {
      buildArgs: {
        TOKEN: "<redacted>",
        http_proxy: "http://<redacted>@proxy.invalid",
        REPO: "https://<redacted>@h.invalid/ https://<redacted>@h.invalid/",
      },
    },
  });
  await expectNoSecrets(id);
});

it("no watcher, page, result, provenance or file has a secret of a build that succeeds, and its image is unchanged", async () => {
  const archive = join(await tempDir(), "image.tar");
  const { id, finished } = await runBuild(host, {
    ...(await spec()),
    attestations: { provenance: "mode=max" },
    returnProvenance: true,
    outputs: [
      {
        type: "oci",
        attributes: { name: `app:${secrets.token}` },
        destination: { case: "path", value: archive },
      },
    ],
  });
  const result = finished.result!;
  expect(finished.state).toBe(BuildState.SUCCEEDED);
  expectMasked(BuildResultSchema, result);
  expect(result.imageNames).toEqual(["docker.io/library/app:<redacted>"]);
  const predicate = JSON.parse(Buffer.from(result.provenance[0]!.predicate).toString());
  expect(JSON.stringify(predicate)).toContain('"build-arg:TOKEN":"<redacted>"');
  await expectMaskedPage();
  const output = await expectNoSecrets(id);
  expect(output.split("\n")).toEqual([
    "<redacted>",
    "<redacted> http://<redacted>@proxy.invalid https://<redacted>@h.invalid/ https://<redacted>@h.invalid/",
    "",
  ]);
  expect(secretsIn(await readFile(archive))).toContain(secrets.token);
});
