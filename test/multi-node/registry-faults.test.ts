import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { BuildState } from "../../src/gen/slipway/v1/build_event_pb.js";
import { mustBuild, runBuild } from "../host/build.js";
import { makeTestTls, startRegistry, tempDir } from "../lab/index.js";
import {
  type Fault,
  type RegistryProxy,
  type SeenRequest,
  startRegistryProxy,
} from "../lab/registry-proxy.js";
import { backends, bothPlatforms, digestOf, platformsIn, push, rawManifest, sharePair } from "./harness.js";
import { startTokenServer } from "./token-server.js";

const all = backends();
const pair = sharePair(all);

const isPut = ({ method, path }: SeenRequest) => method === "PUT" && path.includes("/manifests/");
const has = ({ manifest }: SeenRequest, ...platforms: string[]) =>
  ["amd64", "arm64"].every((name) => manifest.includes(`"${name}"`) === platforms.includes(name));
const isMerged = (seen: SeenRequest) => isPut(seen) && has(seen, "amd64", "arm64");

const faults: [reason: string, fault: Fault][] = [
  ["REGISTRY_UNAUTHORIZED", { status: 401 }],
  ["REGISTRY_UNAUTHORIZED", { status: 403 }],
  ["REGISTRY_NOT_FOUND", { status: 404 }],
  ["REGISTRY_REFUSED", { status: 400 }],
  ["REGISTRY_RATE_LIMITED", { status: 429, headers: { "retry-after": "0" } }],
  ["REGISTRY_FAILED", { status: 500 }],
  ["REGISTRY_UNREACHABLE", "drop"],
];
/** A registry with the faults that `decide` returns; stopped after the test. */
async function failingRegistry(
  registry: string,
  decide: (seen: SeenRequest) => Fault,
): Promise<RegistryProxy> {
  const proxy = await startRegistryProxy(registry);
  onTestFinished(() => proxy.stop());
  proxy.fail(decide);
  return proxy;
}

/** Runs the work for each fault concurrently. */
const forEachFault = (work: (reason: string, fault: Fault, index: number) => Promise<void>) =>
  Promise.all(faults.map(([reason, fault], index) => work(reason, fault, index)));

it("reports why a registry refused a request of BuildKit", async () => {
  const host = pair();
  await forEachFault(async (reason, fault, index) => {
    const proxy = await failingRegistry(all.registry.host, (seen) => (isPut(seen) ? fault : undefined));
    const tags = [`${proxy.host}/single-${index}:1`];
    const spec = await bothPlatforms({ platforms: ["linux/amd64"], tags, outputs: [push] });
    const { finished } = await runBuild(host, spec);
    expect(finished).toMatchObject({ state: BuildState.FAILED, error: { reason } });
    expect(finished.error?.message).toContain("failed to push");
    expect(finished.error?.remedy).not.toBe("");
  });
});

it("reports why a registry refused a request of the host, and moves no tag", async () => {
  const host = pair();
  const { host: registry } = all.registry;
  await forEachFault(async (reason, fault, index) => {
    const repository = `merged-${index}`;
    const tags = [`${registry}/${repository}:1`];
    const before = await mustBuild(host, await bothPlatforms({ tags, outputs: [push] }));
    const proxy = await failingRegistry(registry, (seen) => (isMerged(seen) ? fault : undefined));
    const labels = { changed: "yes" };
    const spec = await bothPlatforms({ tags: [`${proxy.host}/${repository}:1`], outputs: [push], labels });
    const { finished } = await runBuild(host, spec);
    expect(finished).toMatchObject({ state: BuildState.FAILED, error: { reason } });
    expect(finished.error?.message).toContain(`Failed to push ${proxy.host}/${repository}@sha256:`);
    expect(finished.error?.remedy).not.toBe("");
    expect(await digestOf(registry, repository, "1")).toBe(before.finished.result?.imageDigest);
  });
});

it("retries transient faults of a registry", async () => {
  const host = pair();
  const passing = ["REGISTRY_RATE_LIMITED", "REGISTRY_FAILED", "REGISTRY_UNREACHABLE"];
  await forEachFault(async (reason, fault, index) => {
    if (!passing.includes(reason)) return;
    let left = 2;
    const proxy = await failingRegistry(all.registry.host, (seen) =>
      isMerged(seen) && left-- > 0 ? fault : undefined,
    );
    const tags = [`${proxy.host}/passes-${index}:1`];
    const run = await mustBuild(host, await bothPlatforms({ tags, outputs: [push] }));
    expect(await digestOf(all.registry.host, `passes-${index}`, "1")).toBe(run.finished.result?.imageDigest);
    // Two failed requests, one by digest, and one that moves the tag.
    expect(proxy.seen.filter(isMerged)).toHaveLength(4);
  });
});

it("moves no tag when the push fails on one of two nodes, and names the node", async () => {
  const host = pair();
  const { host: registry } = all.registry;
  const names = (of: string) => [`${of}/half/one:1`, `${of}/half/two:1`];
  const before = await mustBuild(host, await bothPlatforms({ tags: names(registry), outputs: [push] }));
  const proxy = await failingRegistry(registry, (seen) =>
    isPut(seen) && has(seen, "arm64") ? { status: 403 } : undefined,
  );
  const labels = { changed: "yes" };
  const { finished } = await runBuild(
    host,
    await bothPlatforms({ tags: names(proxy.host), outputs: [push], labels }),
  );
  expect(finished).toMatchObject({
    state: BuildState.FAILED,
    error: { node: "arm", reason: "REGISTRY_UNAUTHORIZED" },
  });
  expect(finished.error?.message).toMatch(/^Node arm: failed to push/);
  for (const repository of ["half/one", "half/two"]) {
    expect(await digestOf(registry, repository, "1")).toBe(before.finished.result?.imageDigest);
  }
  expect(proxy.seen.filter(isMerged)).toEqual([]);
});

it("pushes to a registry with a password, and fails without a login", async () => {
  const credentials = { username: "multi", password: "wet paint" };
  const registry = await startRegistry(credentials);
  onTestFinished(() => registry.stop());
  const host = pair();
  const spec = await bothPlatforms({ tags: [`${registry.host}/private:1`], outputs: [push] });
  const refused = await runBuild(host, spec);
  expect(refused.finished.error).toMatchObject({ reason: "REGISTRY_UNAUTHORIZED" });
  const logins = { [registry.host]: { username: credentials.username, secret: credentials.password } };
  const run = await mustBuild(host, { ...spec, registryAuth: { logins } });
  const index = await rawManifest(`${registry.host}/private:1`, "--creds", "multi:wet paint");
  expect(platformsIn(index)).toEqual(["linux/amd64", "linux/arm64"]);
  expect(
    host.log() + JSON.stringify(run.events, (_, value) => (typeof value === "bigint" ? "" : value)),
  ).not.toContain(credentials.password);
});

it("pushes to a registry with a token server, and fails with a wrong password", async () => {
  const login = { username: "multi", password: "wet paint" };
  const tls = await makeTestTls(join(await tempDir(), "tls"));
  const tokens = await startTokenServer(login, tls);
  const registry = await startRegistry(tokens.access);
  onTestFinished(() => registry.stop());
  const host = pair();
  const tags = [`${registry.host}/one:1`, `${registry.host}/two:1`];
  const spec = async (secret: string) => {
    const logins = { [registry.host]: { username: login.username, secret } };
    return bothPlatforms({ tags, outputs: [push], registryAuth: { logins } });
  };
  const refused = await runBuild(host, await spec("wrong"));
  expect(refused.finished.error).toMatchObject({ reason: "REGISTRY_UNAUTHORIZED" });
  expect(tokens.granted).toEqual([]);
  await mustBuild(host, await spec(login.password));
  expect(tokens.granted).toEqual(
    expect.arrayContaining(["repository:one:pull,push", "repository:two:pull,push"]),
  );
  for (const tag of tags) {
    const index = await rawManifest(tag, "--creds", "multi:wet paint");
    expect(platformsIn(index)).toEqual(["linux/amd64", "linux/arm64"]);
  }
});
