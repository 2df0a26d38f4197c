import { expect, test } from "vitest";
import { packagesWith, readAttestation } from "./attestation.js";

const slsa1 = "https://slsa.dev/provenance/v1";
const slsa02 = "https://slsa.dev/provenance/v0.2";
const spdx = "https://spdx.dev/Document";
const encode = (value: unknown) =>
  new TextEncoder().encode(typeof value === "string" ? value : JSON.stringify(value));

test("reads provenance of SLSA 1.0 and 0.2 in the same way", () => {
  const material = { uri: "pkg:docker/alpine@3", digest: { sha256: "ab" } };
  const request = {
    frontend: "dockerfile.v0",
    args: { "build-arg:A": "1" },
    locals: [{ name: "context" }],
    secrets: [{ id: "token" }],
  };
  const one = readAttestation(
    slsa1,
    encode({
      buildDefinition: {
        buildType: "t",
        externalParameters: { configSource: { path: "Dockerfile" }, request },
        internalParameters: { builderPlatform: "linux/amd64" },
        resolvedDependencies: [material],
      },
      runDetails: { builder: { id: "b" }, metadata: { startedOn: "s", finishedOn: "f" } },
    }),
  );
  const two = readAttestation(
    slsa02,
    encode({
      predicate: {
        buildType: "t",
        builder: { id: "b" },
        invocation: {
          configSource: { entryPoint: "Dockerfile" },
          parameters: request,
          environment: { platform: "linux/amd64" },
        },
        materials: [material],
        metadata: { buildStartedOn: "s", buildFinishedOn: "f" },
      },
    }),
  );
  expect(one).toEqual({
    kind: "provenance",
    facts: [
      ["Built by", "b"],
      ["Type of the build", "t"],
      ["Platform of the builder", "linux/amd64"],
      ["File", "Dockerfile"],
      ["Began", "s"],
      ["Ended", "f"],
    ],
    parameters: [
      ["frontend", "dockerfile.v0"],
      ["build-arg:A", "1"],
      ["local", "context"],
      ["secret", "token"],
    ],
    materials: [["pkg:docker/alpine@3", "sha256:ab"]],
    materialCount: 1,
  });
  expect(two).toEqual(one);
});

test("reads packages of SPDX and CycloneDX, and finds some", () => {
  const sbom = readAttestation(
    spdx,
    encode({
      predicate: {
        spdxVersion: "SPDX-2.3",
        creationInfo: { creators: ["Tool: scan"] },
        packages: [
          { name: "musl", versionInfo: "1.2", licenseConcluded: "NOASSERTION", licenseDeclared: "MIT" },
          { name: "zlib", versionInfo: "1.3" },
        ],
        files: [{}, {}],
      },
    }),
  );
  if (sbom.kind !== "sbom") throw new Error(sbom.kind);
  expect(sbom).toMatchObject({
    facts: [
      ["Format", "SPDX-2.3"],
      ["Made by", "Tool: scan"],
      ["Files", "2"],
    ],
    packageCount: 2,
  });
  expect(packagesWith(sbom, "mit")).toEqual([{ name: "musl", version: "1.2", license: "MIT" }]);
  expect(packagesWith(sbom, "")).toHaveLength(2);
  const cyclone = { components: [{ name: "a", version: "2", licenses: [{ license: { id: "X" } }] }] };
  expect(readAttestation("https://cyclonedx.org/bom", encode(cyclone))).toMatchObject({
    packages: [{ name: "a", version: "2", license: "X" }],
  });
});

test("what is not of the expected form is left out, and what is long is cut", () => {
  for (const document of ["null", "[]", "7", '"text"', "{}", '{"predicate":null}'])
    expect(readAttestation(slsa1, encode(document))).toMatchObject({ facts: [], materialCount: 0 });
  const odd = { packages: [null, 1, { name: {}, versionInfo: ["x"] }, { name: "n".repeat(10_000) }] };
  const sbom = readAttestation(spdx, encode(odd));
  expect(sbom).toMatchObject({ packageCount: 4 });
  expect(JSON.stringify(sbom).length).toBeLessThan(2000);
  const many = {
    buildDefinition: { resolvedDependencies: Array.from({ length: 9000 }, () => ({ uri: "u" })) },
  };
  const provenance = readAttestation(slsa1, encode(many));
  expect(provenance).toMatchObject({ materialCount: 9000 });
  expect(provenance.kind === "provenance" && provenance.materials).toHaveLength(500);
  expect(readAttestation(slsa1, encode("{ no JSON"))).toEqual({ kind: "other", text: "{ no JSON" });
  expect(readAttestation("https://example.com/other", encode({ predicate: { a: 1 } }))).toEqual({
    kind: "other",
    text: '{\n  "a": 1\n}',
  });
});
