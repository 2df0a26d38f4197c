import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { slipwayOf } from "../cli/slipway.js";
import { createBuilder } from "../docker-container-driver/harness.js";
import { contextOf, mustBuild } from "../host/build.js";
import { engineEnvironment, startHost, type TestHost } from "../host/host.js";
import { lab, tempDir } from "../lab/index.js";
import { docker, type EngineName, engines, imageName } from "./harness.js";

/** Creates a builder of each driver, and returns its name. */
const drivers: Record<string, (host: TestHost) => Promise<string>> = {
  docker: async () => "default",
  // The older engine of the lab starts no privileged containers: the container of the other one loads into it.
  "docker-container": (host) => createBuilder(host),
  async remote({ builders }) {
    const node = { endpoint: lab().buildkitd.address };
    await builders.createBuilder({ name: "far", driver: "remote", node });
    return "far";
  },
};

/** Flags with which the image is one manifest, or an index with attestations where the store can hold one. */
const attestations: Record<EngineName, string[][]> = {
  engine20: [[], ["--provenance=false"]],
  engine29: [[], ["--provenance=false"], ["--provenance=mode=max"]],
};

describe.each(engines)("the id that %s knows", (engine) => {
  it.each(Object.keys(drivers))("is the id that a build by %s reports", async (driver) => {
    const host = await startHost();
    const slipway = slipwayOf(host, engine);
    const builder = await drivers[driver]!(host);
    const folder = await tempDir();
    const [iidFile, metadataFile] = [join(folder, "iid"), join(folder, "metadata.json")];
    const files = ["--iidfile", iidFile, "--metadata-file", metadataFile];
    for (const flags of attestations[engine]) {
      const name = imageName();
      // Containers cannot reach the lab's registry.
      const context = await contextOf({ Dockerfile: "FROM scratch\nCOPY id /\n", id: randomUUID() });
      const args = ["build", "--builder", builder, "--load", "-q", "-t", name, ...files, ...flags, context];
      const { stdout, stderr } = await slipway(args);
      const known = await docker(engine, "image", "inspect", "--format", "{{.Id}}", name);
      expect([flags, stderr, stdout]).toEqual([flags, "", `${known}\n`]);
      expect(await readFile(iidFile, "utf8")).toBe(known);
      expect(await docker(engine, "image", "inspect", "--format", "{{.RepoTags}}", known)).toContain(name);
      const metadata = JSON.parse(await readFile(metadataFile, "utf8"));
      expect([metadata["containerimage.digest"], metadata["containerimage.config.digest"]]).toContain(known);
    }
  });

  it("is in the result of a build by two outputs, only one of which is loaded", async () => {
    const host = await startHost();
    const builder = await drivers.remote!(host);
    const [name, context] = [
      imageName(),
      await contextOf({ Dockerfile: "FROM scratch\nCOPY id /\n", id: randomUUID() }),
    ];
    const { finished } = await mustBuild(host, {
      builder,
      environment: engineEnvironment(engine),
      context: { source: { case: "path", value: context } },
      tags: [name],
      attestations: { provenance: "disabled=true" },
      outputs: [
        { type: "docker" },
        { type: "oci", destination: { case: "path", value: join(await tempDir(), "oci.tar") } },
      ],
    });
    const known = await docker(engine, "image", "inspect", "--format", "{{.Id}}", name);
    expect(finished.result?.imageId).toBe(known);
  });
});
