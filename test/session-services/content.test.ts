import { randomUUID } from "node:crypto";
import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { BlobStore } from "../../src/buildkit/content/blob-store.js";
import { content } from "../../src/buildkit/content/content.js";
import { findInLayout, putInLayout } from "../../src/image/oci-index.js";
import { startBuildkitd, tempDir } from "../lab/index.js";
import { backends, solve, toBuildkitd } from "./solve.js";

const [buildkitd] = backends;
const { connect, base } = buildkitd!;

/** Two steps that no other test has in the cache; equal for equal ids. */
const steps = (id: string) =>
  `FROM ${base()}\nRUN echo ${id} > /one\nRUN head -c 3000000 /dev/urandom > /two\n`;

async function emptyBuildkitd() {
  const own = await startBuildkitd();
  onTestFinished(() => own.stop());
  return toBuildkitd(own.address);
}

test("exports a local cache, and imports it into an empty BuildKit", async () => {
  const dir = join(await tempDir(), "cache");
  const dockerfile = steps(randomUUID());
  const store = await BlobStore.writable(dir);
  const methods = content(new Map([[`local:${dir}`, store]]));
  const exports = [{ type: "local", attrs: { dest: dir, mode: "max" } }];
  const first = await solve(connect(), { dockerfile, methods, exports });
  await store.close();
  expect(first.error).toBeUndefined();
  await putInLayout(dir, JSON.parse(first.response["cache.manifest"]!), [{ tag: "latest" }]);
  expect((await readdir(dir)).sort()).toEqual(["blobs", "index.json", "oci-layout"]);

  const { digest } = (await findInLayout(dir, "latest"))!;
  const attrs = { src: dir, digest };
  const second = await solve(await emptyBuildkitd(), {
    dockerfile,
    methods: content(new Map([[`local:${dir}`, BlobStore.readOnly(dir)]])),
    imports: [{ type: "local", attrs }],
    attrs: { "cache-imports": JSON.stringify([{ Type: "local", Attrs: attrs }]) },
  });
  expect(second.error).toBeUndefined();
  expect(second.log).toMatch(/RUN echo .* CACHED/);
  expect(second.log).toMatch(/RUN head .* CACHED/);
});

test("exports an image as a folder, which is a context of the next build", async () => {
  const dir = join(await tempDir(), "image");
  const id = randomUUID();
  const store = await BlobStore.writable(dir);
  const exported = await solve(connect(), {
    dockerfile: steps(id),
    methods: content(new Map([["export", store]])),
    exporters: [{ type: "oci", attrs: { tar: "false", name: "docker.io/library/made:1" } }],
  });
  await store.close();
  expect(exported.error).toBeUndefined();
  const { response } = exported;
  const descriptor = JSON.parse(Buffer.from(response["containerimage.descriptor"]!, "base64").toString());
  await putInLayout(
    dir,
    descriptor,
    response["image.name"]!.split(",").map((name) => ({ name })),
  );

  const { digest } = (await findInLayout(dir, "1"))!;
  const use = (buildkit = connect()) =>
    solve(buildkit, {
      dockerfile: "FROM made\nRUN echo found $(cat /one)\n",
      methods: content(new Map([["oci:layout", BlobStore.readOnly(dir)]])),
      attrs: { "context:made": `oci-layout://layout@${digest}` },
    });
  const { error, log } = await use();
  expect(error).toBeUndefined();
  expect(log).toContain(`found ${id}`);

  await rm(join(dir, "blobs", ...digest.split(":")));
  expect((await use(await emptyBuildkitd())).error?.rawMessage).toMatch(/not found/);
});
