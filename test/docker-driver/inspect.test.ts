import { describe, expect, it } from "vitest";
import { fileSync } from "../../src/buildkit/filesync/file-sync.js";
import { NodeState } from "../../src/driver/index.js";
import { folderSource } from "../../src/inputs/files/folder-source.js";
import { writeFiles } from "../buildkit/build.js";
import { lab, tempDir } from "../lab/index.js";
import { failure, inspect, withBuildkit } from "./harness.js";

const features = async (endpoint: string) =>
  Object.fromEntries((await inspect(endpoint)).features!.map(({ id, supported }) => [id, supported]));

it("describes an Engine with the classic store and its features", async () => {
  const { host, version } = lab().engine20;
  const status = await inspect(host);
  expect(status).toMatchObject({
    state: NodeState.RUNNING,
    backend: `Docker Engine ${version} (API 1.41)`,
    buildDefaults: {
      exporterTypes: { image: "moby" },
      frontendAttributes: { "image-resolve-mode": "local" },
      loadByDefault: true,
      imageExporterLoads: true,
    },
  });
  expect(await features(host)).toEqual({
    "exporter.image": true,
    "exporter.oci": false,
    "exporter.docker": false,
    "exporter.multiple": false,
    "cache.export": false,
    "cache.export.registry": false,
    "multi-platform": false,
    attestations: false,
    push: false,
    "shm-size": false,
    ulimits: false,
    "dockerfile.without-stages": false,
  });
});

it("describes an Engine with the containerd store and its features", async () => {
  const { host, version } = lab().engine29;
  expect((await inspect(host)).backend).toMatch(`Docker Engine ${version} (API 1.`);
  expect(Object.values(await features(host))).toEqual(Array(12).fill(true));
});

const allCaches = ["inline", "registry", "local", "gha", "s3", "azblob"];

describe.each(["engine20", "engine29"] as const)("the cache backends of %s", (name) => {
  it("for export are those that it supports", async () => {
    const { host } = lab()[name];
    const found = [];
    for (const type of allCaches) {
      const exports = [{ type, attrs: { ref: "127.0.0.1:1/none" } }];
      const { message } = await solve(host, { cache: { exports } });
      if (!message.includes("unknown cache exporter")) found.push(type);
    }
    expect(found).toEqual((await inspect(host)).buildDefaults!.cacheExports);
  });

  it("for import are those that it supports", async () => {
    const { host } = lab()[name];
    const errors = await importErrors(host, allCaches);
    const found = allCaches.filter((type) => !errors.includes(`unknown cache importer: ${type}`));
    expect(found).toEqual((await inspect(host)).buildDefaults!.cacheImports);
  });
});

it.each([
  ["engine20", ["local", "moby", "tar"]],
  ["engine29", ["docker", "image", "local", "moby", "oci", "tar"]],
] as const)("the exporters of %s are those that the driver expects", async (name, exporters) => {
  const found = [];
  for (const type of ["docker", "image", "local", "moby", "oci", "tar"]) {
    const { message } = await solve(lab()[name].host, { exporterDeprecated: type, exporters: [{ type }] });
    if (!message.includes(`exporter "${type}" could not be found`)) found.push(type);
  }
  expect(found).toEqual(exporters);
});

/** The step errors of a build that imports from some cache backends; the build continues without them. */
async function importErrors(host: string, types: string[]): Promise<string> {
  const folder = await tempDir();
  await writeFiles(folder, { Dockerfile: "FROM scratch\nCOPY Dockerfile /" });
  const source = await folderSource(folder);
  return withBuildkit(host, async ({ control, openSession }) => {
    const session = await openSession({ methods: fileSync({ context: source, dockerfile: source }) });
    const ref = crypto.randomUUID();
    const imports = types.map((Type) => ({ Type, Attrs: { ref: "127.0.0.1:1/none", name: Type } }));
    const frontendAttrs = { "cache-imports": JSON.stringify(imports) };
    await control.solve({ ref, session: session.id, frontend: "dockerfile.v0", frontendAttrs });
    const errors = [];
    for await (const { vertexes } of control.status({ ref }))
      errors.push(...vertexes.map(({ error }) => error));
    await session.close();
    return errors.join("\n");
  });
}

/** BuildKit's error for an empty build; it checks caches and exporters first. */
function solve(host: string, request: object) {
  return withBuildkit(host, (buildkit) =>
    failure(
      buildkit.control.solve({ ref: crypto.randomUUID(), session: "none", frontend: "none", ...request }),
    ),
  );
}
