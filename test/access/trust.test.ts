import { expect, it, onTestFinished } from "vitest";
import { createRemote } from "../builders/harness.js";
import { mustBuild } from "../host/build.js";
import type { TestHost } from "../host/host.js";
import { lab, startBuildkitd } from "../lab/index.js";
import { type RemoteClient, reasonOf, startTeam } from "./harness.js";

/** A host with a builder for each class of trust, and a client of each; both are builders of one project. */
async function startClasses() {
  const { host, members, clients } = await startTeam({
    members: { main: { shop: "builder" }, fork: { shop: "builder" } },
    untrusted: ["fork"],
  });
  const { main, fork } = members as Record<"main" | "fork", RemoteClient>;
  const other = await startBuildkitd();
  onTestFinished(() => other.stop());
  await createRemote(host, "trusted");
  await host.builders.createBuilder({
    name: "forks",
    driver: "remote",
    node: { endpoint: other.address },
    untrusted: true,
  });
  return { host, main, fork, admin: clients.admin, other: other.address };
}

const contentOf = (dockerfile: string) => ({
  context: { source: { case: "empty" as const, value: {} } },
  dockerfile: { source: { case: "content" as const, value: Buffer.from(dockerfile) } },
});

/** Leaves a marker in a layer and in a cache mount, and prints what it finds there. */
const dockerfile = (key: string) => `FROM ${lab().registry.baseImage}
RUN head -c 16 /dev/urandom | md5sum > /marker # ${key}
ARG RUN
RUN --mount=type=cache,id=${key},target=/cache \
  echo "run $RUN layer $(cat /marker) mount $(cat /cache/marker)"; echo from-$RUN > /cache/marker
`;

/** What a build found: the marker in its layer, and the one in the cache mount, which is empty without one. */
async function markersOf(client: Pick<TestHost, "builds">, builder: string, key: string, run: string) {
  const spec = { ...contentOf(dockerfile(key)), builder, buildArgs: { RUN: run } };
  const { output } = await mustBuild(client, spec);
  const [, layer, mount] = new RegExp(`run ${run} layer (\\S+) +- mount ?(\\S*)`).exec(output) ?? [];
  expect(layer).toMatch(/^[0-9a-f]{32}$/);
  return { layer, mount };
}

it("a marker that one class leaves in a layer or a cache mount is not seen by the other", async () => {
  const { host, main, fork } = await startClasses();
  const classes = {
    trusted: { client: main, builder: "trusted" },
    untrusted: { client: fork, builder: "forks" },
  };
  for (const [first, second] of [
    [classes.trusted, classes.untrusted],
    [classes.untrusted, classes.trusted],
  ] as const) {
    const key = `${first.builder}-${host.process.pid}`;
    const left = await markersOf(first.client, first.builder, key, "a");
    expect(left.mount).toBe("");
    // The markers are there for the class that left them.
    expect(await markersOf(first.client, first.builder, key, "b")).toEqual({ ...left, mount: "from-a" });
    const found = await markersOf(second.client, second.builder, key, "c");
    expect(found.mount).toBe("");
    expect(found.layer).not.toBe(left.layer);
  }
});

it("each class has its builders, and untrusted builds use nothing that others use", async () => {
  const { host, main, fork, admin, other } = await startClasses();
  const empty = contentOf("FROM scratch\n");
  const start = (client: Pick<TestHost, "builds">, spec: object) =>
    reasonOf(client.builds.startBuild({ spec: { ...empty, ...spec } }));
  const names = async ({ builders }: Pick<TestHost, "builders">) =>
    (await builders.listBuilders({})).builders
      .filter(({ implicit, origin }) => !implicit && !origin)
      .map(({ name, untrusted }) => [name, untrusted]);
  const both = [
    ["forks", true],
    ["trusted", false],
  ];
  expect(await names(main)).toEqual([["trusted", false]]);
  expect(await names(fork)).toEqual([["forks", true]]);
  expect([await names(admin), await names(host)]).toEqual([both, both]);

  expect(await start(main, { builder: "forks" })).toBe("BUILDER_UNKNOWN");
  expect(await start(fork, { builder: "trusted" })).toBe("BUILDER_UNKNOWN");
  for (const client of [admin, host])
    expect(await start(client, { builder: "forks" })).toBe("BUILDER_UNTRUSTED");
  // Without a name it is the only one for untrusted builds.
  await host.builders.setDefaultBuilder({ name: "trusted", allEnvironments: true });
  const { build } = await fork.builds.startBuild({ spec: empty });
  expect(build).toMatchObject({ builder: "forks", untrusted: true, project: "shop" });
  expect((await main.builds.startBuild({ spec: empty })).build).toMatchObject({ untrusted: false });

  const cache = { type: "registry", attributes: { ref: `${lab().registry.host}/cache:1` } };
  const store = { destination: { case: "imageStore" as const, value: { driver: "docker" } } };
  for (const spec of [
    { cacheFrom: [cache] },
    { cacheTo: [cache] },
    { cacheTo: [{ type: "inline" }] },
    { buildArgs: { BUILDKIT_INLINE_CACHE: "1" } },
    { frontendAttributes: { "cache-imports": "[]" } },
    { outputs: [{ type: "docker", ...store }] },
    { outputs: [{ type: "docker" }] },
  ])
    expect([spec, await start(fork, spec)]).toEqual([spec, "UNTRUSTED_REFUSED"]);
  expect(await start(main, { cacheFrom: [cache] })).toBeUndefined();

  // One BuildKit is not for both, and its cache does not get another builder.
  const create = (endpoint: string, untrusted: boolean) =>
    reasonOf(host.builders.createBuilder({ name: "third", driver: "remote", node: { endpoint }, untrusted }));
  expect(await create(lab().buildkitd.address, true)).toBe("ENDPOINT_TRUST");
  expect(await create(other, false)).toBe("ENDPOINT_TRUST");
  expect(await reasonOf(host.builders.appendNode({ builder: "trusted", node: { endpoint: other } }))).toBe(
    "ENDPOINT_TRUST",
  );
  for (const keeps of [{ keepState: true }, { keepDaemon: true }])
    expect(await reasonOf(host.builders.removeBuilder({ name: "forks", ...keeps }))).toBe("STATE_UNTRUSTED");
  await host.builders.removeBuilder({ name: "forks" });
  expect(await start(fork, {})).toBe("UNTRUSTED_BUILDER_MISSING");
});
