import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { NodeState } from "../../src/driver/index.js";
import { readTypedError } from "../../src/errors/typed-error.js";
import type { BuildSpec } from "../../src/gen/slipway/build/v1/build_spec_pb.js";
import { slipwayOf } from "../cli/slipway.js";
import { startSshd } from "../docker-driver/sshd.js";
import { contextOf, fromPath, mustBuild, runBuild, type SpecInit } from "../host/build.js";
import { engineEnvironment, startHost, type TestHost } from "../host/host.js";
import { lab, makeTestTls, must, pauseProcess, startSshAgent, tempDir } from "../lab/index.js";
import { daemon, failure, labSocket, type Options } from "./harness.js";
import { tlsProxy } from "./tls-proxy.js";

const engines = ["engine20", "engine29"] as const;

const create = (host: TestHost, endpoint: string, options: Options = {}) =>
  host.builders.createBuilder({ name: "remote0", driver: "remote", node: { endpoint, options } });

/** A build spec that the tests extend. */
type Draft = Exclude<SpecInit, BuildSpec>;

/** An image with one file of random content; the build and the image print it. */
async function fresh(more: Draft = {}): Promise<{ text: string; spec: Draft }> {
  const text = randomBytes(8).toString("hex");
  const Dockerfile = `FROM ${lab().registry.baseImage}\nCOPY text /text\nRUN cat /text\nCMD ["cat", "/text"]\n`;
  return {
    text,
    spec: { builder: "remote0", context: fromPath(await contextOf({ Dockerfile, text })), ...more },
  };
}

const docker = async (engine: (typeof engines)[number], ...args: string[]) =>
  (await must("docker", args, { env: { ...process.env, DOCKER_HOST: lab()[engine].host } })).stdout;

it("writes a folder and pushes to a registry over mutual TLS with certificates in options", async () => {
  const host = await startHost();
  const { address, tls } = await daemon("tls");
  const options: Options = { "key.pem": await readFile(tls!.key, "utf8") };
  options["cert.pem"] = await readFile(tls!.cert, "utf8");
  options["cacert.pem"] = await readFile(tls!.ca, "utf8");
  const { builder } = await create(host, address, options);
  expect(Object.keys(builder!.nodes[0]!.spec!.options).sort()).toEqual([
    "cacert.pem",
    "cert.pem",
    "default-load",
  ]);

  const folder = join(await tempDir(), "out");
  const { text, spec } = await fresh();
  await mustBuild(host, {
    ...spec,
    outputs: [{ type: "local", destination: { case: "path", value: folder } }],
  });
  expect(await readFile(join(folder, "text"), "utf8")).toBe(text);

  const { registry } = lab();
  const name = `${registry.host}/remote-driver:${text}`;
  const { finished } = await mustBuild(host, { ...spec, tags: [name], outputs: [{ type: "registry" }] });
  const answer = await fetch(`http://${registry.host}/v2/remote-driver/manifests/${text}`, {
    headers: {
      accept: "application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json",
    },
  });
  expect(answer.headers.get("docker-content-digest")).toBe(finished.result?.imageDigest);
  const secret = options["key.pem"]!.split("\n")[1]!;
  const slipway = slipwayOf(host);
  for (const args of [["ls"], ["ls", "--format", "json"], ["inspect", "remote0"], ["history", "ls"]]) {
    const { stdout, stderr } = await slipway(args);
    expect(`${stdout}${stderr}`).not.toContain(secret);
  }
  expect(host.log()).not.toContain(secret);
});

it("builds over https with the machine's authorities", async () => {
  const tls = await makeTestTls(join(await tempDir(), "tls"));
  const proxy = await tlsProxy({ cert: tls.serverCert, key: tls.serverKey, alpn: ["h2"] });
  const trusting = await startHost({ env: { SSL_CERT_FILE: tls.ca } });
  await create(trusting, `https://${proxy}`);
  const { text, spec } = await fresh();
  expect((await mustBuild(trusting, spec)).output).toContain(text);

  const distrusting = await startHost();
  await create(distrusting, `https://${proxy}`);
  expect(await failure(distrusting.builds.startBuild({ spec }))).toMatchObject({
    reason: "BUILDKIT_TLS_UNTRUSTED",
    remedy: expect.stringContaining("cacert"),
  });
});

it("builds through ssh", async () => {
  const { buildctl } = lab().buildkitd;
  const { authority } = await startSshd({ programs: join(buildctl, "..") });
  const host = await startHost();
  await create(host, `ssh://${authority}${labSocket()}`);
  const { text, spec } = await fresh();
  expect((await mustBuild(host, spec)).output).toContain(text);
});

it("builds through ssh with the agent of the user who created the builder", async () => {
  const { buildctl } = lab().buildkitd;
  const { authority, configure, key } = await startSshd({ programs: join(buildctl, "..") });
  await configure({ agentOnly: true });
  const SSH_AUTH_SOCK = await startSshAgent(await tempDir(), key);
  const host = await startHost();
  const slipway = slipwayOf(host);
  const endpoint = `ssh://${authority}${labSocket()}`;
  const createIn = (name: string, env: Record<string, string>) =>
    slipway(["create", "--name", name, "--bootstrap", endpoint], { env });
  const refused = await createIn("without", {});
  expect(refused.code).not.toBe(0);
  expect(refused.stderr).toContain("Permission denied (publickey");
  expect(await createIn("remote0", { SSH_AUTH_SOCK })).toMatchObject({ code: 0 });
  const { text, spec } = await fresh();
  expect((await mustBuild(host, spec)).output).toContain(text);
});

it("is the default driver of a builder without an endpoint only when BUILDKIT_HOST is set", async () => {
  const host = await startHost();
  const { address } = lab().buildkitd;
  const { builder } = await host.builders.createBuilder({
    name: "remote0",
    environment: { BUILDKIT_HOST: address },
  });
  expect(builder).toMatchObject({ driver: "remote", nodes: [{ spec: { endpoint: address } }] });
  // Its other variables lead to no endpoint.
  const others = { KUBECONFIG: "/missing", SSH_AUTH_SOCK: "/missing" };
  for (const [name, environment] of [
    ["other", {}],
    ["without", others],
  ] as const) {
    const none = await host.builders.createBuilder({ name, environment }).then(
      ({ builder: made }) => made!.driver,
      (error) => readTypedError(error).reason,
    );
    expect(none).not.toBe("remote");
  }
  expect(await failure(host.builders.createBuilder({ name: "none", driver: "remote" }))).toMatchObject({
    reason: "ENDPOINT_REQUIRED",
    message: "No remote endpoint provided.",
  });
});

it("the CLI uses BUILDKIT_HOST in create and not in build, as buildx does", async () => {
  const host = await startHost();
  const slipway = slipwayOf(host);
  const env = { BUILDKIT_HOST: lab().buildkitd.address };
  expect(await slipway(["create", "--name", "remote0"], { env })).toMatchObject({
    code: 0,
    stdout: "remote0\n",
  });
  expect((await slipway(["inspect", "remote0"])).stdout).toMatch(/^Driver: +remote$/m);
  expect((await slipway(["create", "--name", "given", "unix:///run/b.sock"], { env })).code).toBe(0);
  expect((await slipway(["inspect", "given"])).stdout).toMatch(/^Endpoint: +unix:\/\/\/run\/b.sock$/m);

  const folder = await contextOf({ Dockerfile: "FROM scratch\nCOPY Dockerfile /\n" });
  expect((await slipway(["build", "--output", "type=cacheonly", folder], { env })).code).toBe(0);
  const [build] = (await host.builds.listBuilds({})).builds;
  expect(build).toMatchObject({ builder: "default", driver: "docker" });
});

it("refuses daemon flags and a daemon configuration with buildx's messages, before anything is stored", async () => {
  const host = await startHost();
  const daemonFiles = { "buildkitd.toml": Buffer.from("debug = true") };
  const node = { endpoint: lab().buildkitd.address, daemonFlags: ["--debug"], daemonFiles };
  const { message, fields } = await failure(
    host.builders.createBuilder({ name: "remote0", driver: "remote", node }),
  );
  expect(message).toContain("Setting buildkit flags is not supported for remote driver.");
  expect(message).toContain("Setting config file is not supported for remote driver.");
  expect(fields?.map(({ field }) => field)).toEqual([
    "node.daemon_flags",
    "node.daemon_files[buildkitd.toml]",
  ]);
  expect(await failure(host.builders.getBuilder({ name: "remote0" }))).toMatchObject({
    reason: "BUILDER_UNKNOWN",
  });
});

it("waits in bootstrap for a starting daemon, cannot stop it, and does not touch it in remove", async () => {
  const host = await startHost();
  const buildkitd = await daemon("tcp");
  await create(host, buildkitd.address);
  await pauseProcess(buildkitd.pid);
  setTimeout(() => process.kill(buildkitd.pid, "SIGCONT"), 6_000);
  const steps: string[] = [];
  let state: NodeState | undefined;
  for await (const { event } of host.builders.bootstrapBuilder({ name: "remote0" })) {
    if (event.case === "progress") steps.push(event.value.progress!.log || event.value.progress!.name);
    if (event.case === "booted") state = event.value.builder?.nodes[0]?.status?.state;
  }
  expect(steps[0]).toBe("[internal] waiting for connection");
  expect(state).toBe(NodeState.RUNNING);
  expect(await failure(host.builders.stopBuilder({ name: "remote0" }))).toMatchObject({
    reason: "CAPABILITY_UNSUPPORTED",
  });
  await host.builders.removeBuilder({ name: "remote0" });
  await create(host, buildkitd.address);
  const { spec } = await fresh();
  await mustBuild(host, spec);
});

/** Removes an image from an engine when the test ends. */
const removeAfterwards = (engine: (typeof engines)[number], tag: string) =>
  onTestFinished(async () => void (await docker(engine, "rmi", "--force", tag)));

it.each(engines)("default-load loads the image into the store of %s", async (engine) => {
  const host = await startHost();
  await create(host, lab().buildkitd.address, { "default-load": "true" });
  const tag = `slipway.test/remote-default-load:${engine}`;
  removeAfterwards(engine, tag);
  const { text, spec } = await fresh({ environment: engineEnvironment(engine), tags: [tag] });
  const { finished, steps } = await mustBuild(host, spec);
  expect(finished.result?.cacheOnly).toBe(false);
  expect(steps).toContain("importing to docker");
  expect(await docker(engine, "run", "--rm", "--network", "none", tag)).toBe(text);
  // Another output disables it.
  const other = `${tag}-other`;
  const folder = join(await tempDir(), "out");
  const outputs = [{ type: "local", destination: { case: "path" as const, value: folder } }];
  await mustBuild(host, { ...spec, tags: [other], outputs });
  expect(await docker(engine, "images", "-q", other)).toBe("");
});

it("loads a multi-platform image when the store supports it, and refuses it with a typed error otherwise", async () => {
  const host = await startHost();
  await create(host, lab().buildkitd.address);
  const context = fromPath(await contextOf({ Dockerfile: "FROM scratch\nCOPY Dockerfile /\n" }));
  const tag = "slipway.test/remote-platforms:1";
  const load = (engine: (typeof engines)[number]): SpecInit => ({
    builder: "remote0",
    environment: engineEnvironment(engine),
    context,
    tags: [tag],
    platforms: ["linux/amd64", "linux/arm64"],
    outputs: [{ type: "docker" }],
  });
  expect(await failure(runBuild(host, load("engine20")))).toMatchObject({
    reason: "FEATURE_UNSUPPORTED",
    fields: [{ field: "spec.platforms" }],
    remedy: expect.stringContaining("containerd image store"),
  });
  removeAfterwards("engine29", tag);
  await mustBuild(host, load("engine29"));
  expect(await docker("engine29", "image", "inspect", tag)).toContain("amd64");
});
