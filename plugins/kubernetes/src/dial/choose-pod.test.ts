import { describe, expect, it } from "vitest";
import { rankPods } from "./choose-pod.js";

const pods = Array.from({ length: 5 }, (_, index) => `pod-${index}`);
const keys = Array.from({ length: 500 }, (_, index) => `key-${index}`);
const first = (names: string[], key: string) => rankPods(names, (name) => name, "sticky", key)[0]!;

describe("sticky", () => {
  it("chooses the same pod for any order of the list", () => {
    for (const key of keys) expect(first([...pods].reverse(), key)).toBe(first(pods, key));
  });

  it("spreads keys over all pods", () => {
    for (const pod of pods)
      expect(keys.filter((key) => first(pods, key) === pod).length).toBeGreaterThan(keys.length / 10);
  });

  it("moves only the keys of a removed pod, and moves them back when it returns", () => {
    const fewer = pods.filter((pod) => pod !== "pod-2");
    for (const key of keys) {
      const before = first(pods, key);
      if (before !== "pod-2") expect(first(fewer, key)).toBe(before);
    }
  });

  it("ranks second the pod to which a key would move", () => {
    for (const key of keys) {
      const [one, two] = rankPods(pods, (name) => name, "sticky", key);
      expect(
        first(
          pods.filter((pod) => pod !== one),
          key,
        ),
      ).toBe(two);
    }
  });
});

it("chooses at random among all pods", () => {
  const chosen = new Set(keys.map(() => rankPods(pods, (name) => name, "random", "same")[0]));
  expect(chosen.size).toBe(pods.length);
});
