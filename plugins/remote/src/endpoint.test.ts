import { describe, expect, it } from "vitest";
import { formatEndpoint, parseEndpoint } from "./endpoint.js";

describe("an endpoint", () => {
  it.each([
    ["tcp://build.example.com:1234", { kind: "tcp", host: "build.example.com", port: 1234 }],
    ["tcp://[::1]:1234", { kind: "tcp", host: "::1", port: 1234 }],
    ["https://build.example.com:443", { kind: "https", host: "build.example.com", port: 443 }],
    ["unix:///run/buildkit/buildkitd.sock", { kind: "unix", path: "/run/buildkit/buildkitd.sock" }],
    [
      "ssh://me@build:2222/run/b.sock",
      { kind: "ssh", user: "me", host: "build", port: 2222, socket: "/run/b.sock" },
    ],
    ["ssh://build", { kind: "ssh", host: "build" }],
    ["docker-container://My_buildkitd", { kind: "docker-container", name: "My_buildkitd" }],
    ["docker-container://b?context=work", { kind: "docker-container", name: "b", context: "work" }],
    ["podman-container://b.1", { kind: "podman-container", name: "b.1" }],
    ["nerdctl-container://b?namespace=k8s.io", { kind: "nerdctl-container", name: "b", namespace: "k8s.io" }],
    [
      "kube-pod://b-0?context=me%40prod&namespace=ci&container=buildkitd",
      { kind: "kube-pod", pod: "b-0", context: "me@prod", namespace: "ci", container: "buildkitd" },
    ],
    ["ssh://build?SSH_AUTH_SOCK=", { kind: "ssh", host: "build", variables: { SSH_AUTH_SOCK: "" } }],
    [
      "docker-container://b?context=work&DOCKER_CONFIG=/home/me/a%26b",
      {
        kind: "docker-container",
        name: "b",
        context: "work",
        variables: { DOCKER_CONFIG: "/home/me/a&b" },
      },
    ],
    ["kube-pod://p?KUBECONFIG=/a:/b", { kind: "kube-pod", pod: "p", variables: { KUBECONFIG: "/a:/b" } }],
  ])("%s is parsed, and formatted as before", (text, endpoint) => {
    expect(parseEndpoint(text)).toEqual(endpoint);
    expect(formatEndpoint(parseEndpoint(text))).toBe(text);
  });

  it.each([
    ["https://build", "https://build:443"],
    ["TCP://build:1234/", "tcp://build:1234"],
    ["unix:///run//x/../b.sock", "unix:///run/b.sock"],
    ["kube-pod://b?namespace=", "kube-pod://b"],
  ])("the normal form of %s is %s", (text, normal) => {
    expect(formatEndpoint(parseEndpoint(text))).toBe(normal);
    expect(formatEndpoint(parseEndpoint(normal))).toBe(normal);
  });

  it.each([
    ["build:1234", "no URL scheme"],
    ["http://build:1234", "unrecognized url scheme http"],
    ["npipe:////./pipe/buildkitd", "only on Windows"],
    ["tcp://build", "it has no port"],
    ["tcp://build:0", "port 0 cannot be used"],
    ["tcp://build:99999", "cannot be read as a URL"],
    ["tcp://:1234", "cannot be read as a URL"],
    ["tcp://build:1234/path", "path"],
    ["tcp://me@build:1234", "only ssh:// endpoints can have a user"],
    ["tcp://build:1234?tls=1", 'no parameter "tls"'],
    ["https://build#x", "fragment"],
    ["unix://b.sock", "must be absolute"],
    [`unix:///${"x".repeat(107)}`, "at most 107 bytes"],
    ["ssh://me:secret@build", "plain-text password is not supported"],
    ["ssh://-oProxyCommand=x", "is not a valid host name"],
    ["docker-container://", "no container name"],
    ["docker-container://-it", '"-it" is not a valid container name'],
    ["docker-container://a:1", "port"],
    ["docker-container://a?context=-H", '"-H" is not a valid context'],
    ["docker-container://a?PATH=/bin", 'no parameter "PATH"'],
    ["ssh://b?DOCKER_HOST=tcp://c", 'no parameter "DOCKER_HOST"'],
    ["kube-pod://", "no pod name"],
    ["kube-pod://Pod", '"Pod" is not a valid pod name'],
    ["kube-pod://p?namespace=a_b", '"a_b" is not a valid namespace name'],
  ])("%s is refused", (text, why) => {
    expect(() => parseEndpoint(text)).toThrow(why);
  });
});
