import { create } from "@bufbuild/protobuf";
import { expect, test } from "vitest";
import {
  BuildSpecSchema,
  PolicyFileSchema,
  PolicySchema,
} from "../../../gen/slipway/build/v1/build_spec_pb.js";
import { factsOf, policiesOf } from "./policies-of.js";

test("the policy beside the Dockerfile comes before those of the specification", () => {
  const policies = [create(PolicySchema, { files: [{ name: "a.rego" }] })];
  const policyFile = create(PolicyFileSchema, { name: "Dockerfile.rego" });
  const names = policiesOf({ policyFile, policies }).flatMap(({ files }) => files.map(({ name }) => name));
  expect(names).toEqual(["Dockerfile.rego", "a.rego"]);
  expect(policiesOf({ policies: [] })).toEqual([]);
});

test("policies know the build, without the values that are secret", () => {
  const spec = create(BuildSpecSchema, {
    buildArgs: { A: "1", TOKEN: "hidden", HTTP_PROXY: "http://me:pass@proxy" },
    sensitiveParameters: ["TOKEN"],
    labels: { b: "2" },
    target: "last",
  });
  expect(factsOf(spec, { dockerfileName: "sub/My.Dockerfile" })).toMatchObject({
    args: { A: "1" },
    labels: { b: "2" },
    dockerfile: "My.Dockerfile",
    target: "last",
  });
});
