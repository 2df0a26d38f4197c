import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, expect, test } from "vitest";
import { readTypedError } from "../../src/errors/typed-error.js";
import { ProvenanceMode } from "../../src/gen/slipway/build/v1/attestation_pb.js";
import { CacheMode } from "../../src/gen/slipway/build/v1/cache_pb.js";
import { Compression } from "../../src/gen/slipway/build/v1/image_format_pb.js";
import { LocalMode } from "../../src/gen/slipway/build/v1/output_pb.js";
import { contextOf, fromPath, mustBuild, type SpecInit } from "../host/build.js";
import { lab, tempDir } from "../lab/index.js";
import {
  blobOf,
  builder,
  type Manifest,
  manifestOf,
  newRepository,
  startUser,
  type User,
} from "./harness.js";

let user: User;
let context: ReturnType<typeof fromPath>;
beforeEach(async () => {
  user = await startUser();
  const id = randomUUID();
  const Dockerfile = `FROM ${lab().registry.baseImage}\nARG WORD\nRUN echo ${id} $WORD > /word\n`;
  context = fromPath(await contextOf({ Dockerfile }));
});

const format = { compression: Compression.ZSTD, compressionLevel: 3 };

test("outputs, caches and provenance in typed form have the effect of their attributes", async () => {
  const name = newRepository();
  const folder = await tempDir();
  const builderId = "https://builder.example/?a,b";
  const registry = { case: "registry" as const, value: { ref: `${name}:cache` } };
  const spec: SpecInit = { builder, context, buildArgs: { WORD: "typed" } };
  await mustBuild(user.host, {
    ...spec,
    tags: [`${name}:image`],
    outputs: [
      { exporter: { case: "image", value: { push: true, format } } },
      {
        exporter: { case: "local", value: { mode: LocalMode.DELETE, platformSplit: true } },
        destination: { case: "path", value: folder },
      },
    ],
    cacheTo: [{ backend: registry, export: { mode: CacheMode.MAX, format } }],
    provenance: { mode: ProvenanceMode.MAX, version: "v1", builderId },
  });

  const index = await manifestOf(name, "image");
  const image = await manifestOf(name, index.manifests![0]!.digest);
  for (const manifest of [image, await manifestOf(name, "cache")])
    expect(layerTypes(manifest)).toContainEqual(expect.stringMatching(/zstd$/));

  const attestations = await manifestOf(name, index.manifests![1]!.digest);
  const statement = JSON.parse(String(await blobOf(name, attestations.layers![0]!.digest)));
  expect(statement).toMatchObject({
    predicateType: "https://slsa.dev/provenance/v1",
    predicate: { runDetails: { builder: { id: builderId } } },
  });
  // Only the mode MAX records build arguments.
  expect(JSON.stringify(statement.predicate.buildDefinition)).toContain('"build-arg:WORD":"typed"');

  const platform = await readFile(join(folder, "linux_amd64/word"), "utf8");
  expect(platform).toMatch(/ typed\n$/);

  const again = await mustBuild(user.host, { ...spec, cacheFrom: [{ backend: registry }] });
  expect(again.steps).toContain(`importing cache manifest from ${name}:cache`);
});

test("an attestation that is turned off in typed form is not made", async () => {
  const name = newRepository();
  const outputs: SpecInit["outputs"] = [{ exporter: { case: "image", value: { push: true } } }];
  await mustBuild(user.host, { builder, context, tags: [name], outputs, provenance: { disabled: true } });
  expect((await manifestOf(name, "latest")).layers).toBeDefined();
});

test("errors name the fields of typed forms", async () => {
  const refusalOf = async (spec: SpecInit) =>
    readTypedError(
      await user.host.builds.startBuild({ spec: { ...spec, builder, context } as SpecInit }).catch((e) => e),
    );
  expect(
    await refusalOf({
      cacheFrom: [{ backend: { case: "registry", value: {} } }],
      provenance: { version: "v9" },
    }),
  ).toMatchObject({
    reason: "ATTRIBUTE_MISSING",
    fields: [
      { field: "spec.cache_from[0].registry.ref", reason: "ATTRIBUTE_MISSING" },
      { field: "spec.provenance", reason: "ATTESTATION_INVALID" },
    ],
  });
  const image = { case: "image" as const, value: { format } };
  expect(
    await refusalOf({ outputs: [{ attributes: { compression: "gzip" }, exporter: image }] }),
  ).toMatchObject({
    reason: "ATTRIBUTES_CONFLICT",
    fields: [{ field: "spec.outputs[0].attributes[compression]" }],
  });
});

function layerTypes({ layers }: Manifest): string[] | undefined {
  return layers?.map(({ mediaType }) => mediaType);
}
