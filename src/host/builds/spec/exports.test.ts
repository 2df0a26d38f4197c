import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { readTypedError } from "../../../errors/typed-error.js";
import { BuildSpecSchema } from "../../../gen/slipway/build/v1/build_spec_pb.js";
import { NodeStatusSchema } from "../../../gen/slipway/driver/v1/node_pb.js";
import { exportsOf } from "./exports.js";
import { Features } from "./features.js";

type SpecInit = MessageInitShape<typeof BuildSpecSchema>;

/** A node without reported features: everything of BuildKit, and no image store. */
const plain = create(NodeStatusSchema, {});
/** A Docker Engine without the containerd store, as its driver describes it. */
const classic = create(NodeStatusSchema, {
  features: [
    { id: "push", supported: false, message: "no direct push", remedy: "use another driver" },
    { id: "exporter.oci", supported: false, message: "no OCI exporter", remedy: "use another driver" },
    { id: "exporter.docker", supported: false, message: "no docker exporter" },
    { id: "exporter.multiple", supported: false, message: "one output only" },
  ],
  buildDefaults: { exporterTypes: { image: "moby" }, loadByDefault: true, imageExporterLoads: true },
});

function translate(init: SpecInit, status = plain) {
  const spec = create(BuildSpecSchema, init);
  return exportsOf(spec, status.buildDefaults, new Features("test", status));
}

function refusal(init: SpecInit, status = classic) {
  try {
    translate(init, status);
  } catch (cause) {
    return readTypedError(cause);
  }
  throw new Error("the outputs were accepted");
}

describe("exportsOf", () => {
  it("keeps the result in the cache when no output is requested", () => {
    expect(translate({})).toEqual({ exports: [], cacheOnly: true });
    expect(translate({ outputs: [{ type: "cacheonly" }] })).toEqual({ exports: [], cacheOnly: false });
    expect(translate({ call: "check" }, classic)).toEqual({ exports: [], cacheOnly: false });
  });

  it("loads by default when the node does", () => {
    const { exports, cacheOnly } = translate({ tags: ["a", "b:1"] }, classic);
    expect(cacheOnly).toBe(false);
    expect(exports).toMatchObject([
      { type: "moby", attributes: { name: "a,b:1" }, destination: { kind: "none" } },
    ]);
  });

  it("names images by tags instead of an output's name, unless it is pushed by digest", () => {
    const named = (type: string, more = {}) =>
      translate({ tags: ["a", "b:1"], outputs: [{ type, attributes: { name: "own", ...more } }] }).exports[0]!
        .attributes.name;
    expect(["image", "registry", "docker", "oci"].map((type) => named(type))).toEqual(Array(4).fill("a,b:1"));
    expect(named("image", { "push-by-digest": "true" })).toBe("own");
    expect(named("tar")).toBe("own");
    const [alone] = translate({ outputs: [{ type: "image", attributes: { name: "own" } }] }).exports;
    expect(alone?.attributes.name).toBe("own");
  });

  it("loads an image into another store when the node has none", () => {
    const { exports } = translate({ tags: ["a"], outputs: [{ type: "docker" }] });
    expect(exports).toMatchObject([{ type: "docker", destination: { kind: "image-store" } }]);
  });

  it("pushes from BuildKit, or from the image store when BuildKit cannot push", () => {
    const spec: SpecInit = { tags: ["r.test/a"], outputs: [{ type: "registry" }] };
    expect(translate(spec).exports).toMatchObject([
      { type: "image", attributes: { name: "r.test/a", push: "true", unpack: "false" }, pushAfterwards: [] },
    ]);
    const [pushed] = translate(spec, classic).exports;
    expect(pushed).toMatchObject({
      type: "moby",
      attributes: { name: "r.test/a" },
      pushAfterwards: ["r.test/a"],
    });
    expect(pushed?.attributes).not.toHaveProperty("push");
  });

  it("writes files, folders, layouts and streams", () => {
    const path = { case: "path" as const, value: "/out" };
    const { exports } = translate({
      outputs: [
        { type: "local", destination: path },
        { type: "tar", destination: path },
        { type: "oci", destination: path, attributes: { tar: "false" } },
        { type: "local", destination: { case: "stream", value: {} } },
      ],
    });
    expect(exports.map(({ type, destination }) => [type, destination.kind])).toEqual([
      ["local", "folder"],
      ["tar", "file"],
      ["oci", "layout"],
      ["tar", "stream"],
    ]);
  });

  it("translates annotations into attributes of BuildKit", () => {
    const annotations = { plain: "1", "index:of": "2", "manifest[linux/amd64]:k.e.y": "3" };
    const [image] = translate({ annotations, outputs: [{ type: "image" }] }).exports;
    expect(image?.attributes).toEqual({
      "annotation.plain": "1",
      "annotation-index.of": "2",
      "annotation-manifest[linux/amd64].k.e.y": "3",
    });
  });

  it("refuses what the node does not support, with its reason and remedy", () => {
    const path = { case: "path" as const, value: "/out" };
    expect(refusal({ outputs: [{ type: "oci", destination: path }] })).toMatchObject({
      reason: "FEATURE_UNSUPPORTED",
      message: "Output type oci cannot be used: no OCI exporter.",
      remedy: "use another driver",
      metadata: { feature: "exporter.oci" },
    });
    const two: SpecInit = { outputs: [{ type: "docker" }, { type: "tar", destination: path }] };
    expect(refusal(two)).toMatchObject({ metadata: { feature: "exporter.multiple" } });
    const digest: SpecInit = {
      outputs: [{ type: "registry", attributes: { name: "a", "push-by-digest": "true" } }],
    };
    expect(refusal(digest)).toMatchObject({ metadata: { feature: "push" } });
  });
});
