import { expect, it } from "vitest";
import { formatEndpoint, parseEndpoint } from "./endpoint.js";

it("parses the normal form", () => {
  const endpoint = {
    workload: "kube0",
    kubeconfig: ["/a b/config", "/c"],
    context: "x@y/z",
    inCluster: false,
  };
  const text = formatEndpoint("my builder", endpoint);
  expect(text).toBe(
    "kubernetes:///my%20builder?deployment=kube0&kubeconfig=%2Fa+b%2Fconfig%3A%2Fc&context=x%40y%2Fz",
  );
  expect({ inCluster: false, ...parseEndpoint(text) }).toEqual(endpoint);
});

it("parses an endpoint of buildx", () => {
  expect(parseEndpoint("kubernetes:///kx?deployment=buildkit-1&kubeconfig=")).toEqual({
    workload: "buildkit-1",
  });
});
