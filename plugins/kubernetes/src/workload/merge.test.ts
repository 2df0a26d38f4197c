import { expect, it } from "vitest";
import { mergeTemplate } from "./merge.js";

const ours = {
  metadata: { labels: { app: "kube0" } },
  spec: {
    containers: [
      {
        name: "buildkitd",
        image: "a",
        env: [{ name: "A", value: "1" }],
        args: ["--x"],
        volumeMounts: [{ name: "state", mountPath: "/var/lib/buildkit" }],
      },
    ],
    securityContext: { fsGroup: 1000 },
  },
};

it("merges objects, and list items by name or mount path", () => {
  const theirs = {
    metadata: { labels: { team: "x" } },
    spec: {
      hostNetwork: true,
      containers: [
        {
          name: "buildkitd",
          env: [
            { name: "A", value: "2" },
            { name: "B", value: "3" },
          ],
          volumeMounts: [
            { name: "other", mountPath: "/var/lib/buildkit" },
            { name: "state", mountPath: "/second" },
          ],
        },
        { name: "sidecar", image: "b" },
      ],
    },
  };
  expect(mergeTemplate(ours, theirs)).toEqual({
    metadata: { labels: { app: "kube0", team: "x" } },
    spec: {
      hostNetwork: true,
      securityContext: { fsGroup: 1000 },
      containers: [
        {
          name: "buildkitd",
          image: "a",
          args: ["--x"],
          env: [
            { name: "A", value: "2" },
            { name: "B", value: "3" },
          ],
          volumeMounts: [
            { name: "other", mountPath: "/var/lib/buildkit" },
            { name: "state", mountPath: "/second" },
          ],
        },
        { name: "sidecar", image: "b" },
      ],
    },
  });
});

it("replaces other lists, and removes fields that are null", () => {
  const theirs = {
    spec: { securityContext: null, containers: [{ name: "buildkitd", args: ["--y", "--z"] }] },
  };
  const merged = mergeTemplate(ours, theirs) as typeof ours;
  expect(merged.spec.securityContext).toBeUndefined();
  expect(merged.spec.containers[0]!.args).toEqual(["--y", "--z"]);
  expect(ours.spec.containers[0]!.args).toEqual(["--x"]);
});
