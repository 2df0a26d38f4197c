import {
  create,
  type DescMessage,
  type Message,
  type MessageInitShape,
  ScalarType,
} from "@bufbuild/protobuf";
import { describe, expect, it, test } from "vitest";
import { readTypedError } from "../../../errors/typed-error.js";
import { ProvenanceMode } from "../../../gen/slipway/build/v1/attestation_pb.js";
import { BuildSpecSchema } from "../../../gen/slipway/build/v1/build_spec_pb.js";
import { CacheBackendSchema, CacheMode } from "../../../gen/slipway/build/v1/cache_pb.js";
import { Compression } from "../../../gen/slipway/build/v1/image_format_pb.js";
import { LocalMode, OutputSchema } from "../../../gen/slipway/build/v1/output_pb.js";
import { unknownCacheAttributes } from "./cache-attributes.js";
import { unknownOutputAttributes } from "./output-attributes.js";
import { withoutTypedForms } from "./typed-forms.js";
import { validateSpec } from "./validate-spec.js";

type Init = MessageInitShape<typeof BuildSpecSchema>;

const translate = (init: Init) => withoutTypedForms(create(BuildSpecSchema, init)).spec;
const output = (exporter: NonNullable<Init["outputs"]>[number]["exporter"]) => {
  const [{ type, attributes, exporter: left } = {} as never] = translate({ outputs: [{ exporter }] }).outputs;
  expect(left).toEqual({ case: undefined });
  return [type, attributes];
};

/** The fields that are refused, with their reasons. */
function refused(init: Init): [string, string | undefined][] {
  try {
    translate(init);
    return [];
  } catch (cause) {
    return readTypedError(cause).fields!.map(({ field, reason }) => [field, reason]);
  }
}

describe("outputs", () => {
  test("have the type and attributes of their typed form", () => {
    const format = {
      compression: Compression.ZSTD,
      compressionLevel: 0,
      forceCompression: true,
      ociMediaTypes: false,
    };
    const names = ["a.example/x", "b.example/y"];
    const image = { push: true, pushByDigest: true, insecure: true, names, format };
    expect(output({ case: "image", value: image })).toEqual([
      "image",
      {
        push: "true",
        "push-by-digest": "true",
        "registry.insecure": "true",
        name: "a.example/x,b.example/y",
        compression: "zstd",
        "compression-level": "0",
        "force-compression": "true",
        "oci-mediatypes": "false",
      },
    ]);
    expect(output({ case: "oci", value: { tar: false } })).toEqual(["oci", { tar: "false" }]);
    expect(output({ case: "docker", value: {} })).toEqual(["docker", {}]);
    expect(output({ case: "tar", value: { platformSplit: false } })).toEqual([
      "tar",
      { "platform-split": "false" },
    ]);
    expect(output({ case: "local", value: { mode: LocalMode.DELETE } })).toEqual([
      "local",
      { mode: "delete" },
    ]);
    expect(output({ case: "cacheOnly", value: {} })).toEqual(["cacheonly", {}]);
  });

  test("keep their destination, and the attributes that their typed form lacks", () => {
    const { outputs } = translate({
      outputs: [
        {
          type: "local",
          attributes: { "attestation-prefix": "a", mode: "copy" },
          exporter: { case: "local", value: { mode: LocalMode.COPY } },
          destination: { case: "path", value: "/out" },
        },
      ],
    });
    expect(outputs[0]).toMatchObject({
      type: "local",
      attributes: { "attestation-prefix": "a", mode: "copy" },
      destination: { case: "path", value: "/out" },
    });
  });
});

describe("caches", () => {
  test("have the type and attributes of their typed form", () => {
    const { cacheFrom, cacheTo } = translate({
      cacheFrom: [
        { backend: { case: "registry", value: { ref: "r.example/c", insecure: true } } },
        { backend: { case: "local", value: { path: "/c", digest: "sha256:0" } } },
        { backend: { case: "gha", value: { urlV2: "https://results", token: "t" } } },
      ],
      cacheTo: [
        {
          backend: { case: "local", value: { path: "/c", tag: "t" } },
          export: { mode: CacheMode.MAX, ignoreError: true, format: { compression: Compression.GZIP } },
        },
        { backend: { case: "inline", value: {} } },
        { backend: { case: "s3", value: { bucket: "b", names: ["m", "n"], secretAccessKey: "k" } } },
        { backend: { case: "azblob", value: { container: "c", names: ["m", "n"] } } },
        { type: "azblob", attributes: { name: "n" }, export: { mode: CacheMode.MIN } },
      ],
    });
    const plain = (caches: typeof cacheTo) => caches.map(({ type, attributes }) => [type, attributes]);
    expect(plain(cacheFrom)).toEqual([
      ["registry", { ref: "r.example/c", "registry.insecure": "true" }],
      ["local", { src: "/c", digest: "sha256:0" }],
      ["gha", { url_v2: "https://results", token: "t" }],
    ]);
    expect(plain(cacheTo)).toEqual([
      ["local", { dest: "/c", tag: "t", mode: "max", "ignore-error": "true", compression: "gzip" }],
      ["inline", {}],
      ["s3", { bucket: "b", name: "m;n", secret_access_key: "k" }],
      ["azblob", { container: "c", name: "m;n" }],
      ["azblob", { name: "n", mode: "min" }],
    ]);
  });
});

test("attestations have the parameters of their typed form, quoted where they have commas", () => {
  const { attestations, provenance, sbom } = translate({
    provenance: {
      mode: ProvenanceMode.MAX,
      version: "v1",
      builderId: "https://b.example/?a,b",
      inlineOnly: true,
    },
    sbom: { disabled: true },
  });
  expect(attestations).toEqual({
    provenance: 'mode=max,version=v1,"builder-id=https://b.example/?a,b",inline-only=true',
    sbom: "disabled=true",
  });
  expect([provenance, sbom]).toEqual([undefined, undefined]);
  expect(translate({ sbom: {}, attestations: { provenance: "mode=min" } }).attestations).toEqual({
    provenance: "mode=min",
    sbom: "",
  });
});

test("every attribute of a typed form is one of its type", () => {
  const types = (desc: DescMessage, oneof: string) =>
    desc.oneofs
      .find(({ name }) => name === oneof)!
      .fields.map((field) => ({
        case: field.localName as never,
        value: filled(field.message!) as never,
      }));
  for (const exporter of types(OutputSchema, "exporter")) {
    const [translated] = translate({ outputs: [{ exporter }] }).outputs;
    expect([...unknownOutputAttributes(translated!).keys()], translated!.type).toEqual([]);
  }
  for (const backend of types(CacheBackendSchema, "backend")) {
    const [from] = translate({ cacheFrom: [{ backend }] }).cacheFrom;
    expect([...unknownCacheAttributes("cache_from", from!).keys()], from!.type).toEqual([]);
    const [to] = translate({ cacheTo: [{ backend }] }).cacheTo;
    const onlyImported = to!.type === "local" ? ["digest"] : [];
    expect([...unknownCacheAttributes("cache_to", to!).keys()], to!.type).toEqual(onlyImported);
  }
});

describe("refuses", () => {
  it.each<[string, Init, string, string]>([
    [
      "another type",
      { outputs: [{ type: "registry", exporter: { case: "image", value: { push: true } } }] },
      "spec.outputs[0].type",
      "ATTRIBUTES_CONFLICT",
    ],
    [
      "an attribute that differs",
      {
        cacheTo: [
          {
            attributes: { mode: "min" },
            backend: { case: "inline", value: {} },
            export: { mode: CacheMode.MAX },
          },
        ],
      },
      "spec.cache_to[0].attributes[mode]",
      "ATTRIBUTES_CONFLICT",
    ],
    [
      "an attestation in both forms",
      { provenance: { mode: ProvenanceMode.MAX }, attestations: { provenance: "mode=max" } },
      "spec.provenance",
      "ATTRIBUTES_CONFLICT",
    ],
    [
      "settings of an export for an import",
      { cacheFrom: [{ backend: { case: "inline", value: {} }, export: {} }] },
      "spec.cache_from[0].export",
      "ATTRIBUTE_INVALID",
    ],
    [
      "an enum value of a newer client",
      { outputs: [{ exporter: { case: "oci", value: { format: { compression: 99 as Compression } } } }] },
      "spec.outputs[0].oci.format.compression",
      "ATTRIBUTE_INVALID",
    ],
  ])("%s", (_what, init, field, reason) => expect(refused(init)).toEqual([[field, reason]]));

  it("values that differ without showing them, since they may be secret", () => {
    const backend = { case: "gha" as const, value: { token: "hush-typed" } };
    const spec = { cacheTo: [{ attributes: { token: "hush-free" }, backend }] };
    expect(() => translate(spec)).toThrow(expect.not.objectContaining({ message: /hush/ }));
    expect(refused(spec)).toHaveLength(1);
  });
});

test("names the field of the typed form for each attribute, also for one that is missing", () => {
  const { spec, fields } = withoutTypedForms(
    create(BuildSpecSchema, {
      context: { source: { case: "path", value: "/c" } },
      cacheFrom: [{ backend: { case: "registry", value: {} } }],
      cacheTo: [{ backend: { case: "local", value: { path: "relative" } } }],
      outputs: [
        {
          exporter: {
            case: "image",
            value: { format: { compression: Compression.GZIP, compressionLevel: 12 } },
          },
        },
      ],
      provenance: { version: "v9" },
    }),
  );
  let refusal: unknown;
  try {
    validateSpec(spec);
  } catch (cause) {
    refusal = cause;
  }
  expect(readTypedError(refusal).fields!.map(({ field }) => fields.get(field))).toEqual([
    "spec.outputs[0].image.format.compression_level",
    "spec.cache_from[0].registry.ref",
    "spec.cache_to[0].local.path",
    "spec.provenance",
  ]);
});

/** A message with a value in every field. */
function filled(desc: DescMessage): Message {
  const message = create(desc) as Message & Record<string, unknown>;
  for (const field of desc.fields) {
    if (field.message) message[field.localName] = filled(field.message);
    else if (field.enum) message[field.localName] = 1;
    else if (field.fieldKind === "list") message[field.localName] = ["a"];
    else
      message[field.localName] =
        field.scalar === ScalarType.BOOL ? true : field.scalar === ScalarType.INT32 ? 1 : "a";
  }
  return message;
}
