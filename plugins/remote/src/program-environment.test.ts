import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readTypedError } from "slipway/driver";
import { expect, it, onTestFinished, vi } from "vitest";
import { type CommandEndpoint, formatEndpoint, parseEndpoint } from "./endpoint.js";
import { programEnvironment, withVariables } from "./program-environment.js";

const parse = (text: string) => parseEndpoint(text) as CommandEndpoint;

const complete = async (text: string, environment: Record<string, string>) =>
  formatEndpoint(await withVariables(parse(text), environment));

async function tempFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "slipway-variables-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  return folder;
}

const agent = { SSH_AUTH_SOCK: "/run/agent" };
const other = {
  DOCKER_HOST: "tcp://other:1",
  KUBECONFIG: "/other",
  SSH_AUTH_SOCK: "/other",
  CONTAINER_HOST: "o",
};

it.each([
  ["ssh://b", agent, "ssh://b?SSH_AUTH_SOCK=/run/agent"],
  ["ssh://b", {}, "ssh://b?SSH_AUTH_SOCK="],
  ["ssh://b", { SSH_AUTH_SOCK: "" }, "ssh://b?SSH_AUTH_SOCK="],
  ["docker-container://b", { DOCKER_HOST: "tcp://h:1" }, "docker-container://b?DOCKER_HOST=tcp://h:1"],
  ["docker-container://b", { DOCKER_CONTEXT: "work" }, "docker-container://b?DOCKER_CONTEXT=work"],
  [
    "docker-container://b?context=given",
    { DOCKER_CONFIG: "/d" },
    "docker-container://b?context=given&DOCKER_CONFIG=/d",
  ],
  ["docker-container://b?context=given", {}, "docker-container://b?context=given&DOCKER_HOST="],
  ["docker-container://b?DOCKER_CONTEXT=given", other, "docker-container://b?DOCKER_CONTEXT=given"],
  ["podman-container://b", { CONTAINER_HOST: "unix:///p" }, "podman-container://b?CONTAINER_HOST=unix:///p"],
  ["nerdctl-container://b", other, "nerdctl-container://b?CONTAINERD_ADDRESS="],
  ["kube-pod://b", { KUBECONFIG: "/a:/b" }, "kube-pod://b?KUBECONFIG=/a:/b"],
])("%s is completed, and stays the same in another environment", async (text, environment, expected) => {
  const once = await complete(text, environment);
  expect(once).toBe(expected);
  expect(await complete(once, other)).toBe(once);
});

it("keeps the current docker context, also when it is the default one", async () => {
  const DOCKER_CONFIG = await tempFolder();
  const completed = () => complete("docker-container://b", { DOCKER_CONFIG });
  const endpointWith = (context: string) =>
    `docker-container://b?DOCKER_CONTEXT=${context}&DOCKER_CONFIG=${DOCKER_CONFIG}`;
  expect(await completed()).toBe(endpointWith("default"));
  await writeFile(join(DOCKER_CONFIG, "config.json"), JSON.stringify({ currentContext: "work" }));
  expect(await completed()).toBe(endpointWith("work"));
});

it.each([
  ["ssh://b", { SSH_AUTH_SOCK: "agent.sock" }, 'SSH_AUTH_SOCK is the relative path "agent.sock".'],
  ["docker-container://b", { DOCKER_CONFIG: ".docker" }, 'DOCKER_CONFIG is the relative path ".docker".'],
  ["kube-pod://b", { KUBECONFIG: "/a:b" }, 'KUBECONFIG is the relative path "/a:b".'],
  ["podman-container://b", { CONTAINER_HOST: "ssh://a:b@c" }, "CONTAINER_HOST has a password"],
])("%s with %j is refused", async (text, environment, message) => {
  const error = await withVariables(parse(text), environment as Record<string, string>).catch(
    (cause) => cause,
  );
  expect(readTypedError(error)).toMatchObject({
    reason: "ENVIRONMENT_INVALID",
    message: expect.stringContaining(message),
    remedy: expect.stringMatching(/./),
  });
});

it("a program has the endpoint's variables in the place of the host's", async () => {
  const folder = await tempFolder();
  onTestFinished(() => void vi.unstubAllEnvs());
  vi.stubEnv("DOCKER_HOST", "tcp://host:1");
  vi.stubEnv("KUBECONFIG", "/host");
  vi.stubEnv("SSH_AUTH_SOCK", "/host/agent");
  const env = (text: string) => programEnvironment(parse(text));
  const docker = env("docker-container://b?DOCKER_CONTEXT=work");
  expect(docker).toMatchObject({ DOCKER_CONTEXT: "work", KUBECONFIG: "/host", PATH: process.env.PATH });
  expect(docker.DOCKER_HOST).toBeUndefined();
  expect(docker.SSH_AUTH_SOCK).toBeUndefined();
  expect(env("kube-pod://b?KUBECONFIG=").KUBECONFIG).toBeUndefined();
  // A builder that was created before endpoints kept variables.
  expect(env("kube-pod://b").KUBECONFIG).toBe("/host");

  const socket = join(folder, "agent");
  const withAgent = () => env(`ssh://b?SSH_AUTH_SOCK=${socket}`).SSH_AUTH_SOCK;
  expect(withAgent()).toBe("/host/agent");
  await mkdir(socket);
  expect(withAgent()).toBe(socket);
});
