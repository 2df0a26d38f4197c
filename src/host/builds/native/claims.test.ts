import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { expect, test } from "vitest";
import { readTypedError } from "../../../errors/typed-error.js";
import { BuildSpecSchema } from "../../../gen/slipway/build/v1/build_spec_pb.js";
import { DriverDescriptorSchema } from "../../../gen/slipway/driver/v1/descriptor_pb.js";
import { requireClaimed } from "./claims.js";

const settings = { fields: ["tags", "labels"], outputs: ["oci"] };

/** The fields that are refused. */
function refused(
  spec: MessageInitShape<typeof BuildSpecSchema>,
  nativeBuild: typeof settings | undefined = settings,
) {
  const capabilities = [{ id: "build.native" }];
  const descriptor = create(DriverDescriptorSchema, { name: "acme", capabilities, nativeBuild });
  try {
    requireClaimed(create(BuildSpecSchema, spec), descriptor);
    return [];
  } catch (cause) {
    const error = readTypedError(cause);
    expect(error.reason).toBe("FEATURE_UNSUPPORTED");
    return error.fields?.map(({ field }) => field);
  }
}

test("accepts fields that the driver claims, and fields that the host handles", () => {
  const context = { source: { case: "path" as const, value: "/c" } };
  const own = { builder: "b", context, displayName: "n", returnProvenance: true, environment: { A: "b" } };
  const dockerfile = { source: { case: "path" as const, value: "/d" } };
  expect(
    refused({ ...own, dockerfile, tags: ["t"], labels: { a: "b" }, outputs: [{ type: "oci" }] }),
  ).toEqual([]);
  expect(refused({ outputs: [{ type: "cacheonly" }], attestations: { sbom: "disabled=true" } })).toEqual([]);
});

test("refuses all other fields at once", () => {
  const url = { source: { case: "url" as const, value: "https://example.com/a.git" } };
  expect(refused({ context: url, noCache: true, target: "t", attestations: { sbom: "" } })).toEqual([
    "spec.target",
    "spec.no_cache",
    "spec.attestations",
    "spec.context",
  ]);
  const outputs = [{ type: "tar" }, { type: "oci", attributes: { tar: "0" } }];
  expect(refused({ outputs })).toEqual(["spec.outputs[0]", "spec.outputs[1].attributes[tar]"]);
});

test("refuses everything for a driver that claims nothing", () => {
  expect(refused({ tags: ["t"], outputs: [{ type: "oci" }] }, { fields: [], outputs: [] })).toEqual([
    "spec.tags",
    "spec.outputs[0]",
  ]);
});
