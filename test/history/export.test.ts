import { createHash, randomUUID } from "node:crypto";
import { createReadStream } from "node:fs";
import { chmod, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { expect, it, onTestFinished } from "vitest";
import { tarEntries } from "../../src/archive/tar-entries.js";
import { slipwayOf } from "../cli/slipway.js";
import { contextOf, fromPath, runBuild } from "../host/build.js";
import { startHost } from "../host/host.js";
import { lab, must, startBuildkitd, tempDir } from "../lab/index.js";

const marked = "hush-hush-hush";

/** The files of an archive. Checks the digests of its blobs. */
async function filesOf(archive: string): Promise<Map<string, Buffer>> {
  const files = new Map<string, Buffer>();
  const { signal } = new AbortController();
  for await (const { header, content } of tarEntries(createReadStream(archive), signal)) {
    if (header.type !== "file") continue;
    const bytes = await buffer(content);
    if (header.name.startsWith("blobs/"))
      expect(createHash("sha256").update(bytes).digest("hex")).toBe(
        header.name.slice("blobs/sha256/".length),
      );
    files.set(header.name, bytes);
  }
  return files;
}

/** A document of an archive, with the documents and the kinds of blobs that it names. */
function unfold(files: Map<string, Buffer>, descriptor: { mediaType: string; digest: string }): unknown {
  const { digest, size: _size, ...rest } = descriptor as { mediaType: string; digest: string; size: number };
  const bytes = files.get(`blobs/${digest.replace(":", "/")}`);
  if (!bytes) throw new Error(`There is no blob ${digest}.`);
  // Logs and traces are masked, so their bytes differ.
  if (/status|otlp/.test(rest.mediaType)) return rest;
  if (!/oci|historyrecord/.test(rest.mediaType)) return { ...rest, bytes: bytes.toString("base64") };
  const document = JSON.parse(bytes.toString());
  for (const key of ["manifests", "layers"])
    if (document[key]) document[key] = document[key].map((each: typeof descriptor) => unfold(files, each));
  if (document.config) document.config = unfold(files, document.config);
  for (const key of ["logs", "trace"]) if (document[key]) document[key] = document[key].media_type;
  return { ...rest, document };
}

async function contentOf(archive: string): Promise<unknown> {
  const files = await filesOf(archive);
  return unfold(files, { mediaType: "oci", ...(await indexOf(files, archive)) });
}

async function indexOf(files: Map<string, Buffer>, archive: string) {
  expect([archive, JSON.parse(files.get("oci-layout")!.toString())]).toEqual([
    archive,
    { imageLayoutVersion: "1.0.0" },
  ]);
  return JSON.parse(files.get("index.json")!.toString()).manifests[0];
}

interface JaegerData {
  data: { spans: { spanID: string; processID: string }[]; processes: Record<string, object> }[];
}

/** Spans in the order of their ids, with their processes. */
function spansOf(text: string) {
  const { data } = JSON.parse(text) as JaegerData;
  return data.map(({ spans, processes, ...rest }) => ({
    ...rest,
    spans: spans
      .map(({ processID, ...span }) => ({ ...span, process: processes[processID] }))
      .sort((a, b) => (a.spanID < b.spanID ? -1 : 1)),
  }));
}

it("exports records and shows traces as buildx does, without secrets", async () => {
  const daemon = await startBuildkitd();
  onTestFinished(daemon.stop);
  const host = await startHost();
  const folder = await tempDir();
  const env = { PATH: process.env.PATH, HOME: folder };
  const buildx = async (...args: string[]) => (await must(lab().buildx, args, { env })).stdout;
  const slipway = slipwayOf(host);
  const history = (...args: string[]) =>
    slipway(["--builder", "far", "history", ...args], { env: { HOME: folder } });
  await host.builders.createBuilder({ name: "far", driver: "remote", node: { endpoint: daemon.address } });
  await buildx("create", "--name", "far", "--driver", "remote", "--use", daemon.address);
  const none = await history("export", "-o", join(folder, "none"));
  expect([none.code, none.stderr]).toEqual([1, expect.stringContaining("has 0 records")]);

  const base = lab().registry.baseImage;
  const good = await contextOf({ Dockerfile: `FROM ${base}\nRUN echo good ${randomUUID()}\n` });
  const bad = await contextOf({ Dockerfile: `FROM ${base}\nARG KEY\nRUN echo $KEY; exit 7\n` });
  await buildx("build", "--output", "type=oci,dest=/dev/null", "--provenance", "mode=max", good);
  const failed = await runBuild(host, {
    builder: "far",
    context: fromPath(bad),
    buildArgs: { KEY: marked },
    sensitiveParameters: ["KEY"],
  });

  // The good build, and both; the good one has the state that buildx keeps on this machine.
  const of = (name: string) => join(folder, `${name}.dockerbuild`);
  await buildx("history", "export", "--finalize", "-o", of("theirs"), "^1");
  expect((await history("export", "--finalize", "-o", of("ours"), "^1")).stderr).toBe("");
  expect(await contentOf(of("ours"))).toEqual(await contentOf(of("theirs")));
  expect((await readdir(folder)).filter((name) => name.endsWith(".tmp"))).toEqual([]);
  await history("export", "--all", "--finalize", "-o", of("all"));
  const all = (await contentOf(of("all"))) as { document: { manifests: { annotations: object }[] } };
  expect(all.document.manifests).toHaveLength(2);
  expect(all.document.manifests[0]!.annotations).toEqual({ "vnd.buildkit.history.reference": failed.id });
  const secrets = [...(await filesOf(of("all")))].filter(([, bytes]) => bytes.includes(marked));
  expect(secrets.map(([name]) => name)).toEqual([]);

  // buildx leaves out nothing, and a record of a build with secrets has all parts as well.
  await buildx("history", "export", "--finalize", "-o", of("failed"), failed.id);
  await history("export", "--finalize", "-o", of("masked"), failed.id);
  const kinds = (content: unknown) =>
    (content as { document: { layers: { mediaType: string }[] } }).document.layers.map(
      ({ mediaType }) => mediaType,
    );
  expect(kinds(await contentOf(of("masked")))).toEqual(
    kinds(await contentOf(of("failed"))).filter(
      (kind) => kind !== "application/vnd.googeapis.google.rpc.status+proto",
    ),
  );

  const conflict = await history("export", "--all", "^1", "-o", of("none"));
  expect(conflict.stderr).toContain("ERROR: cannot specify refs when using --all");
  const unknown = await history("export", "nothing", "-o", of("none"));
  expect(unknown.stderr).toContain('No record found for ref "nothing"');
  expect(await readdir(folder)).not.toContain("none.dockerbuild");

  // The trace in Jaeger's form is that of buildx; OTLP has the same spans.
  const jaeger = await history("trace", "^1");
  expect(spansOf(jaeger.stdout)).toEqual(spansOf(await buildx("history", "trace", "^1")));
  const otlp = JSON.parse((await history("trace", "^1", "--format", "otlp")).stdout);
  const names = otlp.resourceSpans.flatMap(
    ({ scopeSpans }: { scopeSpans: { spans: { name: string }[] }[] }) =>
      scopeSpans.flatMap(({ spans }) => spans.map(({ name }) => name)),
  );
  expect(names).toContainEqual(expect.stringContaining("RUN echo good"));
  const compared = await history("trace", "^1", "--compare", failed.id);
  expect(spansOf(compared.stdout)).toHaveLength(2);
  expect(compared.stdout).not.toContain(marked);
  const pretty = (await history("trace", "^1", "--format", "pretty")).stdout;
  expect(pretty).toMatch(/^ *\[2\/2\] RUN echo good .* \d+\.\d{3}s +█+$/m);
  expect((await history("trace", "--format", "xml")).stderr).toContain('Unknown format "xml"');

  // Without Docker Desktop there is no page; with it, the system's program for addresses opens it.
  expect((await history("open")).stderr).toContain(
    "Docker Desktop, which shows the page of a build, is not on",
  );
  await mkdir(join(folder, ".docker/desktop-build"), { recursive: true });
  await writeFile(join(folder, ".docker/desktop-build/.lastaccess"), "");
  const opener = join(folder, "xdg-open");
  await writeFile(opener, `#!/bin/sh\necho "$1" > ${folder}/opened\n`);
  await chmod(opener, 0o755);
  const PATH = `${folder}:${process.env.PATH}`;
  const opened = await slipway(["--builder", "far", "history", "open"], { env: { HOME: folder, PATH } });
  expect([opened.code, await readFile(join(folder, "opened"), "utf8")]).toEqual([
    0,
    `docker-desktop://dashboard/build/far/far0/${failed.id}\n`,
  ]);

  // No package repository has Docker Desktop. A server in its place gets the archive as it was exported.
  const archive = join(folder, "imported.dockerbuild");
  await history("export", "-o", archive, failed.id);
  const environment = { env: { HOME: folder, PATH } };
  const absent = await slipway(["history", "import", "-f", archive], environment);
  expect(absent).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("only be imported into Docker Desktop"),
  });
  await mkdir(join(folder, ".docker/desktop"), { recursive: true });
  const received: Buffer[] = [];
  const desktop = createServer(async (request, response) => {
    received.push(await buffer(request));
    response.end(JSON.stringify(["first"]));
  });
  await new Promise<void>((resolve) =>
    desktop.listen(join(folder, ".docker/desktop/docker-desktop-build.sock"), resolve),
  );
  onTestFinished(() => void desktop.close());
  const page = "docker-desktop://dashboard/build/.imported/_/first\n";
  const imported = await slipway(["history", "import", "-f", archive], environment);
  expect([imported.code, imported.stderr]).toEqual([0, page]);
  expect([received, await readFile(join(folder, "opened"), "utf8")]).toEqual([
    [await readFile(archive)],
    page,
  ]);
  const missing = await slipway(["history", "import", "-f", archive, "-f", "none"], environment);
  expect(missing).toMatchObject({ code: 1, stderr: expect.stringContaining("failed to open file none") });
  expect(received).toHaveLength(1);
});
