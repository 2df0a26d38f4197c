import { expect, it } from "vitest";
import { buildDefaultsOf, featuresOf } from "./features.js";

const supported = (traits: Parameters<typeof featuresOf>[0]) =>
  featuresOf(traits)!
    .filter((feature) => feature.supported)
    .map(({ id }) => id);

it("supports only the image exporter with the classic store, and gives a remedy for the rest", () => {
  const classic = { containerdStore: false, multipleOutputs: false, outdatedBuildkit: true };
  expect(supported(classic)).toEqual(["exporter.image"]);
  for (const { supported, reason, message, remedy } of featuresOf(classic)!) {
    if (!supported)
      expect({ reason, message, remedy }).toEqual({
        reason: expect.stringMatching(/^[A-Z_]+$/),
        message: expect.stringMatching(/\.$/),
        remedy: expect.stringMatching(/\.$/),
      });
  }
  expect(featuresOf(classic)!.find(({ id }) => id === "multi-platform")).toEqual({
    id: "multi-platform",
    supported: false,
    reason: "CONTAINERD_STORE_REQUIRED",
    message: "Multi-platform build is not supported for the docker driver.",
    remedy: "Switch to a different driver, or turn on the containerd image store, and try again.",
  });
  expect(buildDefaultsOf(classic)).toMatchObject({
    cacheExports: ["inline"],
    cacheImports: ["registry", "local"],
  });
});

it("supports everything with the containerd store of a current Engine", () => {
  expect(supported({ containerdStore: true, multipleOutputs: true, outdatedBuildkit: false })).toHaveLength(
    12,
  );
});
