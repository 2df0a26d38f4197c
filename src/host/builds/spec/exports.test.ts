import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { readTypedError } from "../../../errors/typed-error.js";
import { NodeStatusSchema } from "../../../gen/slipway/driver/v1/node_pb.js";
import { BuildSpecSchema } from "../../../gen/slipway/v1/build_spec_pb.js";
import { exportsOf } from "./exports.js";
import { Features } from "./features.js";

type SpecInit = MessageInitShape<typeof BuildSpecSchema>;

/** A node that says nothing of itself: all of BuildKit, and no image store of its own. */
const plain = create(NodeStatusSchema, {});
/** A Docker Engine without the containerd store, as its driver describes it. */
const classic = create(NodeStatusSchema, {
  features: [
    { id: "push", supported: false, reason: "no direct push", remedy: "use another driver" },
    { id: "exporter.oci", supported: false, reason: "no OCI exporter", remedy: "use another driver" },
    { id: "exporter.docker", supported: false, reason: "no docker exporter" },
    { id: "exporter.multiple", supported: false, reason: "one output only" },
  ],
  buildDefaults: { exporterTypes: { image: "moby" }, loadByDefault: true, imageExporterLoads: true },
});

function phrase(init: SpecInit, status = plain) {
  const spec = create(BuildSpecSchema, init);
  return exportsOf(spec, status.buildDefaults, new Features("test", status));
}

function refusal(init: SpecInit, status = classic) {
  try {
    phrase(init, status);
  } catch (cause) {
    return readTypedError(cause);
  }
  throw new Error("the outputs were accepted");
}

describe("exportsOf", () => {
  it("keeps a result in the cache when nobody asks for it", () => {
    expect(phrase({})).toEqual({ exports: [], cacheOnly: true });
    expect(phrase({ outputs: [{ type: "cacheonly" }] })).toEqual({ exports: [], cacheOnly: false });
    expect(phrase({ call: "check" }, classic)).toEqual({ exports: [], cacheOnly: false });
  });

  it("loads by default where the node does so", () => {
    const { exports, cacheOnly } = phrase({ tags: ["a", "b:1"] }, classic);
    expect(cacheOnly).toBe(false);
    expect(exports).toMatchObject([
      { type: "moby", attributes: { name: "a,b:1" }, destination: { kind: "none" } },
    ]);
  });

  it("names images by the tags, whatever the name of an output, unless it is pushed by digest", () => {
    const named = (type: string, more = {}) =>
      phrase({ tags: ["a", "b:1"], outputs: [{ type, attributes: { name: "own", ...more } }] }).exports[0]!
        .attributes.name;
    expect(["image", "registry", "docker", "oci"].map((type) => named(type))).toEqual(Array(4).fill("a,b:1"));
    expect(named("image", { "push-by-digest": "true" })).toBe("own");
    expect(named("tar")).toBe("own");
    const [alone] = phrase({ outputs: [{ type: "image", attributes: { name: "own" } }] }).exports;
    expect(alone?.attributes.name).toBe("own");
  });

  it("sends an image to a store elsewhere when the node has none", () => {
    const { exports } = phrase({ tags: ["a"], outputs: [{ type: "docker" }] });
    expect(exports).toMatchObject([{ type: "docker", destination: { kind: "image-store" } }]);
  });

  it("pushes from BuildKit where it can, and from the store where it cannot", () => {
    const spec: SpecInit = { tags: ["r.test/a"], outputs: [{ type: "registry" }] };
    expect(phrase(spec).exports).toMatchObject([
      { type: "image", attributes: { name: "r.test/a", push: "true", unpack: "false" }, pushAfterwards: [] },
    ]);
    const [pushed] = phrase(spec, classic).exports;
    expect(pushed).toMatchObject({
      type: "moby",
      attributes: { name: "r.test/a" },
      pushAfterwards: ["r.test/a"],
    });
    expect(pushed?.attributes).not.toHaveProperty("push");
  });

  it("writes files, folders, layouts and streams", () => {
    const path = { case: "path" as const, value: "/out" };
    const { exports } = phrase({
      outputs: [
        { type: "local", destination: path },
        { type: "tar", destination: path },
        { type: "oci", destination: path, attributes: { tar: "false" } },
        { type: "local", destination: { case: "stream", value: true } },
      ],
    });
    expect(exports.map(({ type, destination }) => [type, destination.kind])).toEqual([
      ["local", "directory"],
      ["tar", "file"],
      ["oci", "layout"],
      ["tar", "stream"],
    ]);
  });

  it("phrases annotations as BuildKit's attributes", () => {
    const annotations = { plain: "1", "index:of": "2", "manifest[linux/amd64]:k.e.y": "3" };
    const [image] = phrase({ annotations, outputs: [{ type: "image" }] }).exports;
    expect(image?.attributes).toEqual({
      "annotation.plain": "1",
      "annotation-index.of": "2",
      "annotation-manifest[linux/amd64].k.e.y": "3",
    });
  });

  it("refuses what the node cannot do, with its reason and remedy", () => {
    const path = { case: "path" as const, value: "/out" };
    expect(refusal({ outputs: [{ type: "oci", destination: path }] })).toMatchObject({
      reason: "FEATURE_UNSUPPORTED",
      message: "output type oci cannot be used: no OCI exporter",
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
