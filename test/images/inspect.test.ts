import { writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { join } from "node:path";
import { createClient } from "@connectrpc/connect";
import { describe, expect, onTestFinished, test } from "vitest";
import { readTypedError } from "../../src/errors/typed-error.js";
import { ImageService } from "../../src/gen/slipway/v1/image_pb.js";
import { startTeam } from "../access/harness.js";
import { slipwayOf } from "../cli/slipway.js";
import { startHost, type TestHost } from "../host/host.js";
import { freePort, tempDir } from "../lab/index.js";
import { newName, pushImage } from "./pushed-image.js";

const name = () => newName("inspect");

const reasonOf = (call: Promise<unknown>) =>
  call.then(
    () => expect.unreachable("The call succeeded."),
    (cause) => readTypedError(cause).reason,
  );

/** The annotations of buildx's output have a random order. */
const sorted = (text: string) => text.split("\n").sort();

describe("imagetools inspect", () => {
  test("shows images in a registry and in a layout as buildx does", async () => {
    const { image, layout, buildx } = await pushImage();
    const slipway = slipwayOf(await startHost());
    const inspect = ["imagetools", "inspect"];
    const raw = await buildx(...inspect, "--raw", image);
    const { manifests } = JSON.parse(raw) as { manifests: { digest: string }[] };
    const single = `${image.replace(/:1$/, "")}@${manifests[0]!.digest}`;
    const calls = [
      [image],
      [image, "--raw"],
      [single],
      [`oci-layout://${layout}:2`],
      [image, "--format", "{{json .}}"],
      [image, "--format", "{{.Manifest}}"],
      [image, "--format", "{{.Name}} {{.Manifest.Digest}} {{.Manifest.Size}} {{len .Manifest.Manifests}}"],
      [
        image,
        "--format",
        '{{range $p, $i := .Image}}{{$p}} {{$i.OS}} {{$i.Config.Env}} {{index $i.Config.Labels "l"}} {{json $i.Config}}{{end}}',
      ],
      [
        image,
        "--format",
        '{{json (index .Provenance "linux/amd64").SLSA.buildDefinition.buildType}} {{json .SBOM}}',
      ],
      [
        image,
        "--format",
        "{{range .Manifest.Manifests}}{{if .Platform}}{{.Platform.Architecture}}{{end}} {{.Annotations}};{{end}}",
      ],
      [single, "--format", "{{.Image.Architecture}} {{json .Image}} {{json .Manifest}} {{json .Provenance}}"],
      [`oci-layout://${layout}:2`, "--format", "{{json .Image}} {{.Manifest.Digest}}"],
    ];
    for (const args of calls) {
      const ours = await slipway([...inspect, ...args]);
      expect(ours, args.join(" ")).toMatchObject({ code: 0, stderr: "" });
      expect(sorted(ours.stdout), args.join(" ")).toEqual(sorted(await buildx(...inspect, ...args)));
    }
    expect((await slipway([...inspect, "--raw", image])).stdout).toBe(raw);
    const both = await slipway([...inspect, "--raw", "--format", "{{.Name}}", image]);
    expect(both.stderr).toContain("--format and --raw cannot be used together");
  });

  test("refuses what is no image, with the reason", async () => {
    const host = await startHost();
    const of = (given: string) => reasonOf(host.images.inspectImage({ name: given }));
    expect(await of("UPPER")).toBe("IMAGE_NAME_INVALID");
    expect(await of("oci-layout://relative:1")).toBe("IMAGE_NAME_INVALID");
    expect(await of(name())).toBe("REGISTRY_NOT_FOUND");
    const folder = await tempDir();
    expect(await of(`oci-layout://${folder}:1`)).toBe("OCI_LAYOUT_INVALID");
    await writeFile(join(folder, "index.json"), '{"schemaVersion":2,"manifests":[]}');
    expect(await of(`oci-layout://${folder}:1`)).toBe("OCI_LAYOUT_IMAGE_UNKNOWN");
    const named = (tag: string) => ({
      mediaType: "application/vnd.oci.image.manifest.v1+json",
      digest: `sha256:${"0".repeat(64)}`,
      size: 1,
      annotations: { "org.opencontainers.image.ref.name": tag },
    });
    const index = { schemaVersion: 2, manifests: [named("2"), named("3")] };
    await writeFile(join(folder, "index.json"), JSON.stringify(index));
    const unknown = await host.images
      .inspectImage({ name: `oci-layout://${folder}:1` })
      .catch(readTypedError);
    expect(unknown).toMatchObject({ remedy: "Name one that it has: 2, 3." });
  });

  test("refuses content that does not have its digest", async () => {
    const host = await startHost();
    expect(await reasonOf(inspectAt(await lyingRegistry(), host))).toBe("IMAGE_DIGEST_MISMATCH");
  });

  test("does not reach the host's files or machine for clients on TCP", async () => {
    const { clients } = await startTeam();
    const of = (client: "ann" | "viewer", given: string) =>
      reasonOf(createClient(ImageService, clients[client].http2).inspectImage({ name: given }));
    expect(await of("ann", "oci-layout:///layout:2")).toBe("LOCAL_ONLY");
    expect(await of("ann", name())).toBe("REGISTRY_REFUSED");
    expect(await of("viewer", name())).toBe("ROLE_REQUIRED");
  });
});

function inspectAt(registry: string, host: TestHost) {
  return host.images.inspectImage({ name: `${registry}/app:1` });
}

/** A registry whose manifest is not that of the digest that it states. A real one has no such fault. */
async function lyingRegistry(): Promise<string> {
  const server = createServer((_request, response) => {
    response.setHeader("content-type", "application/vnd.oci.image.manifest.v1+json");
    response.setHeader("docker-content-digest", `sha256:${"0".repeat(64)}`);
    response.end("{}");
  });
  const port = await freePort();
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.close();
  });
  return `127.0.0.1:${port}`;
}
