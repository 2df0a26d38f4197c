import { describe, expect, it } from "vitest";
import { routeByPins, routeByWorkers } from "./route-platforms.js";

const pinned = (...platforms: string[]) => ({ pinned: platforms, workers: [] });
const runs = (...platforms: string[]) => ({ pinned: [], workers: platforms });

describe("by pinned platforms", () => {
  const nodes = [
    pinned("linux/amd64", "linux/386"),
    pinned("linux/arm64"),
    pinned("linux/arm64", "linux/arm/v7"),
  ];

  it("gives each node the platforms pinned to it; the first node wins", () => {
    expect(routeByPins(["linux/arm64", "linux/amd64", "linux/arm/v7"], nodes)).toEqual([
      { node: 0, platforms: ["linux/amd64"] },
      { node: 1, platforms: ["linux/arm64"] },
      { node: 2, platforms: ["linux/arm/v7"] },
    ]);
  });

  it("routes all platforms of one node together", () => {
    expect(routeByPins(["linux/386", "linux/amd64"], nodes)).toEqual([
      { node: 0, platforms: ["linux/386", "linux/amd64"] },
    ]);
  });

  it("uses the first node when there are no platforms", () => {
    expect(routeByPins([], nodes)).toEqual([{ node: 0, platforms: [] }]);
    expect(routeByPins([], [pinned()])).toEqual([{ node: 0, platforms: [] }]);
  });

  it("matches exactly: a variant is a different platform", () => {
    expect(routeByPins(["linux/amd64/v3"], nodes)).toBeUndefined();
    expect(routeByPins(["linux/arm/v6"], nodes)).toBeUndefined();
    expect(routeByPins(["linux/amd64", "linux/riscv64"], nodes)).toBeUndefined();
  });
});

describe("by the platforms of workers", () => {
  const nodeOf = (platform: string, ...nodes: Parameters<typeof routeByWorkers>[1]) =>
    routeByWorkers([platform], nodes)[0]?.node;

  it("prefers the closest platform", () => {
    expect(nodeOf("linux/arm/v7", runs("linux/arm64"), runs("linux/arm/v7"))).toBe(1);
    expect(nodeOf("linux/arm/v6", runs("linux/arm64"), runs("linux/arm/v7"))).toBe(1);
    expect(nodeOf("linux/amd64", runs("linux/amd64/v3"), runs("linux/amd64"))).toBe(1);
  });

  it("uses a node that runs more than the platform", () => {
    expect(nodeOf("linux/arm/v7", runs("linux/amd64"), runs("linux/arm64"))).toBe(1);
    expect(nodeOf("linux/386", runs("linux/arm64"), runs("linux/amd64"))).toBe(1);
    expect(nodeOf("linux/amd64/v2", runs("linux/amd64"), runs("linux/amd64/v3"))).toBe(1);
  });

  it("prefers a node that the platform is pinned to over one that emulates it", () => {
    expect(nodeOf("linux/arm64", runs("linux/amd64", "linux/arm64"), pinned("linux/arm64"))).toBe(1);
  });

  it("uses the first of equal nodes, and the first node when none runs the platform", () => {
    expect(nodeOf("linux/amd64", runs("linux/arm64"), runs("linux/amd64"), runs("linux/amd64"))).toBe(1);
    expect(nodeOf("linux/s390x", runs("linux/arm64"), runs("linux/amd64"))).toBe(0);
    expect(nodeOf("linux/arm64", runs("linux/arm/v7"))).toBe(0);
  });

  it("distributes a build over the nodes", () => {
    const nodes = [runs("linux/amd64", "linux/386"), runs("linux/arm64", "linux/arm/v7")];
    expect(routeByWorkers(["linux/arm/v7", "linux/386", "linux/arm64", "linux/s390x"], nodes)).toEqual([
      { node: 0, platforms: ["linux/386", "linux/s390x"] },
      { node: 1, platforms: ["linux/arm/v7", "linux/arm64"] },
    ]);
  });
});
