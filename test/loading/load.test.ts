import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readTypedError } from "../../src/errors/typed-error.js";
import { contextOf, fromPath, mustBuild, type SpecInit } from "../host/build.js";
import { engineEnvironment, type TestHost } from "../host/host.js";
import { lab, must, tempDir } from "../lab/index.js";
import { docker, engines, imageName, printing, shareFar, startFar } from "./harness.js";

type BuildSpecInit = Exclude<SpecInit, { $typeName: string }>;

const load: SpecInit["outputs"] = [{ type: "docker" }];

/** The error with which the host refuses a build. */
const refusal = (host: TestHost, spec: SpecInit) =>
  host.builds.startBuild({ spec }).then(
    () => expect.unreachable("the build was accepted"),
    (cause) => readTypedError(cause),
  );

const far = shareFar();

describe.each(engines)("a load into %s from a daemon that cannot reach it", (engine) => {
  const environment = () => engineEnvironment(engine);

  it("names the image, and shows the same steps as buildx", async () => {
    const host = far();
    const name = imageName();
    const other = name.replace(":1", ":2");
    const context = await printing("loaded");
    const run = await mustBuild(host, {
      builder: "far",
      environment: environment(),
      context,
      tags: [name, other],
      outputs: load,
    });
    for (const tag of [name, other]) expect(await docker(engine, "run", "--rm", tag)).toBe("loaded");
    const format = engine === "engine20" ? "docker" : "oci";
    expect(run.steps).toEqual(
      expect.arrayContaining([`exporting to ${format} image format`, "importing to docker"]),
    );
    const progress = run.events.flatMap(({ event }) => (event.case === "progress" ? [event.value] : []));
    const statuses = new Set(progress.flatMap(({ statuses }) => statuses.map(({ id }) => id)));
    expect([...statuses]).toEqual(
      expect.arrayContaining([
        "exporting layers",
        expect.stringMatching(/^exporting manifest sha256:/),
        expect.stringMatching(/^exporting config sha256:/),
        "sending tarball",
      ]),
    );
    // Every step has ended when the build ends.
    const vertexes = new Map(progress.flatMap(({ vertexes }) => vertexes.map((step) => [step.id, step])));
    expect([...vertexes.values()].filter(({ endTime }) => !endTime)).toEqual([]);
  });

  it("is complete when the build ends, every time", async () => {
    const host = far();
    const name = imageName();
    for (let round = 0; round < 4; round++) {
      const context = await printing(`round ${round}`);
      await mustBuild(host, {
        builder: "far",
        environment: environment(),
        context,
        tags: [name],
        outputs: load,
      });
      expect(await docker(engine, "run", "--rm", name)).toBe(`round ${round}`);
    }
  });

  it("happens with default-load when no output is requested, and only then", async () => {
    const host = await startFar({ "default-load": "true" });
    const name = imageName();
    const build = async (text: string, outputs: SpecInit["outputs"], call?: string) =>
      mustBuild(host, {
        builder: "far",
        environment: environment(),
        context: await printing(text),
        tags: [name],
        outputs,
        call,
      });
    const folder = join(await tempDir(), "out");
    const local = { type: "local", destination: { case: "path" as const, value: folder } };
    const loaded = () => docker(engine, "images", "-q", name);

    await build("other output", [local]);
    await build("cache only", [{ type: "cacheonly" }]);
    await build("asked", [], "outline");
    expect(await loaded()).toBe("");
    const { finished, events } = await build("by default", []);
    expect(await docker(engine, "run", "--rm", name)).toBe("by default");
    expect(finished.result?.cacheOnly).toBe(false);
    expect(events.filter(({ event }) => event.case === "warning")).toEqual([]);
    await build("beside", [local, { type: "docker" }]);
    expect(await docker(engine, "run", "--rm", name)).toBe("beside");
  });

  it("accepts an endpoint, or the name of a docker context", async () => {
    const host = far();
    const folder = await tempDir();
    const named = { DOCKER_CONFIG: folder, DOCKER_CONTEXT: "default" };
    await writeFile(join(folder, "config.json"), "{}");
    await docker(
      engine,
      "--config",
      folder,
      "context",
      "create",
      "there",
      "--docker",
      `host=${lab()[engine].host}`,
    );
    for (const endpoint of ["there", lab()[engine].host]) {
      const name = imageName();
      const destination = { case: "imageStore" as const, value: { endpoint } };
      await mustBuild(host, {
        builder: "far",
        environment: named,
        context: await printing(endpoint),
        tags: [name],
        outputs: [{ type: "docker", destination }],
      });
      expect(await docker(engine, "run", "--rm", name)).toBe(endpoint);
    }
  });
});

it("a containerd store accepts several platforms and attestations, a classic one refuses them", async () => {
  const host = far();
  const context = fromPath(await contextOf({ Dockerfile: "FROM scratch\nCOPY Dockerfile /\n" }));
  const spec = (
    engine: (typeof engines)[number],
    more: Pick<BuildSpecInit, "platforms" | "attestations" | "tags">,
  ): SpecInit => ({
    builder: "far",
    environment: engineEnvironment(engine),
    context,
    outputs: load,
    ...more,
  });
  const platforms = ["linux/amd64", "linux/arm64"];
  const attestations = { provenance: "mode=max" };
  expect(await refusal(host, spec("engine20", { platforms }))).toMatchObject({
    reason: "FEATURE_UNSUPPORTED",
    message: expect.stringMatching(
      /several platforms cannot be loaded into Docker Engine 20.* \(classic store\)/,
    ),
    fields: [{ field: "spec.platforms" }],
    remedy: expect.stringContaining("containerd image store"),
  });
  expect(await refusal(host, spec("engine20", { attestations }))).toMatchObject({
    reason: "FEATURE_UNSUPPORTED",
    fields: [{ field: "spec.attestations[provenance]" }],
  });
  // Attestations that are turned off, or only the default, are accepted.
  const off = { provenance: "disabled=true" };
  await mustBuild(host, spec("engine20", { attestations: off, tags: [imageName()] }));

  const name = imageName();
  await mustBuild(host, spec("engine29", { platforms, attestations, tags: [name] }));
  const saved = join(await tempDir(), "saved.tar");
  await docker("engine29", "save", "-o", saved, name);
  const { manifests } = await indexIn(saved);
  const kinds = manifests.map(({ platform, annotations }) =>
    platform.architecture === "unknown" ? annotations?.["vnd.docker.reference.type"] : platform.architecture,
  );
  expect(kinds.sort()).toEqual(["amd64", "arm64", "attestation-manifest", "attestation-manifest"]);
});

interface Index {
  manifests: { digest: string; platform: { architecture: string }; annotations?: Record<string, string> }[];
}

/** The index of the single image in an OCI archive. */
async function indexIn(archive: string): Promise<Index> {
  const read = async (path: string): Promise<Index> =>
    JSON.parse((await must("tar", ["-xOf", archive, path])).stdout);
  const [image] = (await read("index.json")).manifests;
  return read(`blobs/${image!.digest.replace(":", "/")}`);
}
