import { randomBytes } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { readTypedError } from "../../src/errors/typed-error.js";
import { slipwayOf } from "../cli/slipway.js";
import { contextOf, fromPath, mustBuild, type SpecInit, withoutBuilds } from "../host/build.js";
import { engineEnvironment, type TestHost } from "../host/host.js";
import { lab, tempDir } from "../lab/index.js";
import { docker as dockerOn, shareFar } from "../loading/harness.js";
import { makeRepository, serveGit } from "../session-services/git-server.js";
import { serveBytes } from "../session-services/http-server.js";

const url = (value: string) => ({ source: { case: "url" as const, value } });

const far = shareFar();

it("are folders, git, files over http, images and OCI layouts, for a remote daemon", async () => {
  const host = far();
  const layout = join(await tempDir(), "layout");
  const made = await contextOf({ Dockerfile: "FROM scratch\nCOPY file /from-layout\n", file: "layout " });
  const tar: NonNullable<SpecInit["outputs"]>[number] = {
    type: "oci",
    attributes: { tar: "false" },
    destination: { case: "path", value: layout },
  };
  await mustBuild(host, { builder: "far", context: fromPath(made), tags: ["made:one"], outputs: [tar] });
  const [{ digest }] = JSON.parse(await readFile(join(layout, "index.json"), "utf8")).manifests;
  const repository = await tempDir();
  await makeRepository(repository, { f: "git " });

  const lines = [
    "FROM base",
    "COPY --from=folder f /1",
    "COPY --from=git f /2",
    "COPY --from=tagged from-layout /5",
    "COPY --from=pinned from-layout /6",
    "COPY --from=served / /served/",
    "RUN cat /1 /2 /5 /6 /served/context",
  ];
  const run = await mustBuild(host, {
    builder: "far",
    context: fromPath(await contextOf({ Dockerfile: `${lines.join("\n")}\n` })),
    namedContexts: {
      base: { source: { case: "image", value: lab().registry.baseImage } },
      folder: { source: { case: "path", value: await contextOf({ f: "folder " }) } },
      git: url(`${await serveGit(repository)}/repo.git#main`),
      served: url(`${await serveBytes(Buffer.from("a file"))}/served.txt`),
      tagged: { source: { case: "ociLayout", value: `${layout}:one` } },
      pinned: { source: { case: "ociLayout", value: `oci-layout://${layout}@${digest}` } },
    },
    noCache: true,
  });
  // BuildKit names the single file of an http URL "context".
  expect(run.output).toContain("folder git layout layout a file");
});

describe.each(["engine20", "engine29"] as const)("an image that only %s has", (engine) => {
  const docker = (...args: string[]) => dockerOn(engine, ...args);

  /** Builds an image in the engine. Two of its layers are equal, which old engines save as links. */
  async function imageOfEngine(host: TestHost): Promise<string> {
    const name = `slipway.test/named-${randomBytes(4).toString("hex")}`;
    onTestFinished(async () => void (await docker("rmi", "--force", name)));
    const lines = [
      "FROM slipway.test/base:1",
      `RUN echo ${name} > /a`,
      "RUN true",
      "RUN true",
      "ENV FROM_ENGINE=yes",
    ];
    const context = fromPath(await contextOf({ Dockerfile: `${lines.join("\n")}\n` }));
    await mustBuild(host, { environment: engineEnvironment(engine), context, tags: [name] });
    return name;
  }

  it("is a base and a source for a daemon that cannot reach the engine, and is removed from the host afterwards", async () => {
    const host = far();
    const name = await imageOfEngine(host);
    const lines = ["FROM base", "COPY --from=other /a /b", "RUN cat /b && echo engine=$FROM_ENGINE"];
    const stored = (image: string) => ({ source: { case: "storedImage" as const, value: { name: image } } });
    const id = await docker("image", "inspect", "--format", "{{.Id}}", name);
    const built = await mustBuild(host, {
      builder: "far",
      environment: engineEnvironment(engine),
      context: fromPath(await contextOf({ Dockerfile: `${lines.join("\n")}\n` })),
      namedContexts: { base: stored(name), other: stored(id) },
      noCache: true,
    });
    expect(built.output).toContain(name);
    expect(built.output).toContain("engine=yes");
    expect(built.steps).toContain(`Saving ${name}:latest from docker`);
    expect(await readdir(join(host.folder, "state", "images"))).toEqual([]);
  });

  it("is written docker-daemon: on the command line", async () => {
    const host = far();
    const name = await imageOfEngine(host);
    const context = await contextOf({ Dockerfile: "FROM base\nRUN cat /a\n" });
    const slipway = slipwayOf(host, engine);
    const args = ["build", "--builder", "far", "--progress", "plain", "--no-cache", "--build-context"];
    const { code, stderr } = await slipway([...args, `base=docker-daemon:${name}:latest`, context]);
    expect([code, stderr]).toEqual([0, expect.stringMatching(new RegExp(`#\\d+ \\d+\\.\\d+ ${name}`))]);
    const unknown = await slipway([...args, "base=docker-daemon:slipway.test/none:1", context]);
    expect(unknown.code).toBe(1);
    expect(unknown.stderr).toContain(
      "ERROR: There is no image slipway.test/none:1 in the image store of docker",
    );
  });

  it("is refused before any work when it does not exist", async () => {
    const host = far();
    const spec: SpecInit = {
      builder: "far",
      environment: engineEnvironment(engine),
      context: fromPath(await contextOf({ Dockerfile: "FROM base\n" })),
      namedContexts: { base: { source: { case: "storedImage", value: { name: "slipway.test/none" } } } },
    };
    const refusal = await withoutBuilds(host, () =>
      host.builds.startBuild({ spec }).then(
        () => expect.unreachable("the build was accepted"),
        (cause) => readTypedError(cause),
      ),
    );
    expect(refusal).toMatchObject({
      reason: "IMAGE_NOT_FOUND",
      fields: [{ field: "spec.named_contexts[base].stored_image" }],
    });
  });
});
