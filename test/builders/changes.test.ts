import { Code } from "@connectrpc/connect";
import { beforeEach, describe, expect, it } from "vitest";
import { startHost, type TestHost } from "../host/host.js";
import { lab } from "../lab/index.js";
import { createRemote, daemon, failure, nodesOf, nowhere, storedBuilders } from "./harness.js";

let host: TestHost;
beforeEach(async () => {
  host = await startHost();
});

describe("create", () => {
  it("generates a name, and converts a given name to lower case", async () => {
    const made = await createRemote(host, "");
    expect(made.name).toMatch(/^[a-z]+_[a-z]+$/);
    const given = await createRemote(host, "Far", { endpoint: nowhere });
    expect([given.name, Object.keys(nodesOf(given))]).toEqual(["far", ["far0"]]);
  });

  it("reports all errors at once, each with its path, and stores nothing", async () => {
    const node = {
      endpoint: nowhere,
      options: { cacert: "relative.pem", "default-load": "perhaps", nope: "1" },
      daemonFlags: ["--debug"],
      platforms: ["linux/amd64", "nonsense/x"],
    };
    const error = await failure(host.builders.createBuilder({ name: "far", driver: "remote", node }));
    expect(error.code).toBe(Code.InvalidArgument);
    expect(error.fields?.map(({ field, reason }) => `${field} ${reason}`).sort()).toEqual([
      "node.daemon_flags DAEMON_FLAGS_UNSUPPORTED",
      "node.options[cacert] OPTION_INVALID",
      "node.options[default-load] OPTION_INVALID",
      "node.options[nope] OPTION_UNKNOWN",
      "node.platforms[1] PLATFORM_UNKNOWN",
    ]);
    expect(await storedBuilders(host)).toEqual([]);
  });

  it("refuses invalid names, drivers and endpoints, and stores nothing", async () => {
    const remote = { driver: "remote", node: { endpoint: nowhere } };
    const cases = [
      [{ ...remote, name: "1st" }, "BUILDER_NAME_INVALID", "name"],
      [{ ...remote, name: "a/b" }, "BUILDER_NAME_INVALID", "name"],
      [{ ...remote, name: "n".repeat(129) }, "BUILDER_NAME_INVALID", "name"],
      [{ ...remote, name: "n".repeat(100_000) }, "BUILDER_NAME_INVALID", "name"],
      [{ name: "far", node: { name: "-" } }, "NODE_NAME_INVALID", "node.name"],
      [{ name: "far", driver: "nope" }, "DRIVER_UNKNOWN", "driver"],
      [{ name: "far", node: { endpoint: "ftp://h" } }, "ENDPOINT_UNSUPPORTED", "node.endpoint"],
      [{ ...remote, name: "default" }, "BUILDER_EXISTS", "name"],
    ] as const;
    for (const [request, reason, field] of cases) {
      const error = await failure(host.builders.createBuilder(request));
      expect([request, error.reason, error.fields?.[0]?.field]).toEqual([request, reason, field]);
      expect(error.message.length).toBeLessThan(200);
    }
    expect(await storedBuilders(host)).toEqual([]);
  });

  it("succeeds once when several clients create the same name concurrently", async () => {
    const attempts = await Promise.allSettled([1, 2, 3, 4].map(() => createRemote(host, "far")));
    expect(attempts.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    for (const attempt of attempts) {
      if (attempt.status === "rejected")
        expect(await failure(Promise.reject(attempt.reason))).toMatchObject({ reason: "BUILDER_EXISTS" });
    }
  });

  it("refuses a node name of another builder, since drivers name what they create after nodes", async () => {
    const attempts = await Promise.allSettled(
      ["a", "b"].map((name) => createRemote(host, name, { name: "same" })),
    );
    const refused = attempts.find(({ status }) => status === "rejected") as PromiseRejectedResult;
    expect(await failure(Promise.reject(refused.reason))).toMatchObject({ reason: "NODE_EXISTS" });
    expect(await storedBuilders(host)).toHaveLength(1);
  });
});

describe("append", () => {
  const append = async (node: object, more: object = {}) => {
    const { builder, diagnostics } = await host.builders.appendNode({ builder: "far", node, ...more });
    return { nodes: nodesOf(builder), builder, diagnostics };
  };

  it("numbers nodes, removes platforms from other nodes, and keeps fields that are not given", async () => {
    await createRemote(host, "far", { platforms: ["linux/amd64", "linux/arm64"] });
    expect((await append({ endpoint: nowhere, platforms: ["arm64"] })).nodes).toEqual({
      far0: ["linux/amd64"],
      far1: ["linux/arm64"],
    });
    expect(
      (await append({ endpoint: "tcp://127.0.0.1:2", options: { "default-load": "true" } })).nodes,
    ).toEqual({
      far0: ["linux/amd64"],
      far1: ["linux/arm64"],
      far2: [],
    });
    const { builder } = await append({ name: "far2", platforms: ["linux/386"] });
    expect(builder?.nodes[2]?.spec).toMatchObject({
      endpoint: "tcp://127.0.0.1:2",
      platforms: ["linux/386"],
      options: { "default-load": "true" },
    });
  });

  it("refuses invalid changes and changes nothing", async () => {
    await createRemote(host, "far", { platforms: ["linux/amd64"] });
    await append({ endpoint: nowhere });
    const before = await storedBuilders(host);
    expect(await failure(append({ endpoint: lab().buildkitd.address }))).toMatchObject({
      reason: "ENDPOINT_DUPLICATE",
      fields: [{ field: "node.endpoint" }],
    });
    // A valid change would have removed the platform from the other node.
    const bad = { name: "far1", platforms: ["linux/amd64"], options: { nope: "1" } };
    expect(await failure(append(bad))).toMatchObject({ reason: "OPTION_UNKNOWN" });
    expect(await failure(append({ name: "far7" }, { mustExist: true }))).toMatchObject({
      reason: "NODE_UNKNOWN",
    });
    expect(await failure(append({}, { driver: "docker" }))).toMatchObject({ reason: "DRIVER_CHANGED" });
    expect(await failure(append({ endpoint: nowhere }, { builder: "default" }))).toMatchObject({
      reason: "BUILDER_READ_ONLY",
    });
    expect(await failure(append({ endpoint: nowhere }, { builder: "nope" }))).toMatchObject({
      reason: "BUILDER_UNKNOWN",
    });
    expect(await storedBuilders(host)).toEqual(before);
  });

  it("loses no node when many clients append concurrently", async () => {
    await createRemote(host, "far");
    const ports = [...Array(8).keys()].map((n) => n + 2);
    await Promise.all(ports.map((port) => append({ endpoint: `tcp://127.0.0.1:${port}` })));
    const { builder } = await host.builders.getBuilder({ name: "far" });
    expect(Object.keys(nodesOf(builder)).sort()).toEqual([...Array(9).keys()].map((n) => `far${n}`));
    expect(new Set(builder?.nodes.map(({ spec }) => spec?.endpoint)).size).toBe(9);
  });
});

describe("leave", () => {
  it("removes a node, but not the last one or an unknown one", async () => {
    await createRemote(host, "far");
    await host.builders.appendNode({ builder: "far", node: { endpoint: nowhere } });
    expect(await failure(host.builders.leaveNode({ builder: "far", node: "nope" }))).toMatchObject({
      reason: "NODE_UNKNOWN",
      remedy: "Nodes of the builder: far0, far1. Append the node to add it.",
    });
    const { builder } = await host.builders.leaveNode({ builder: "far", node: "far0" });
    expect(nodesOf(builder)).toEqual({ far1: [] });
    expect(await failure(host.builders.leaveNode({ builder: "far", node: "far1" }))).toMatchObject({
      reason: "NODE_LAST",
    });
    expect(nodesOf((await host.builders.getBuilder({ name: "far" })).builder)).toEqual({ far1: [] });
  });
});

describe("a change with a boot", () => {
  const boot = async (change: object) => {
    let last: unknown;
    for await (const { event } of host.builders.bootstrapBuilder({ change: change as never }))
      if (event.case === "booted") last = event.value.builder;
    return last;
  };
  const node = (endpoint: string) => ({ endpoint });

  it("creates and boots", async () => {
    const value = { name: "far", driver: "remote", node: node(lab().buildkitd.address) };
    expect(await boot({ case: "create", value })).toMatchObject({
      name: "far",
      nodes: [{ buildkitVersion: /./ }],
    });
  });

  it("creates nothing, and appends nothing, when the boot fails", async () => {
    const ca = { cacert: "/nope/ca.pem" };
    const value = { name: "far", driver: "remote", node: { endpoint: nowhere, options: ca } };
    const error = await failure(boot({ case: "create", value }));
    expect(error.message).toMatch(/^Cannot boot builder far, so it was not created: .*\/nope\/ca\.pem/);
    expect(await storedBuilders(host)).toEqual([]);

    await createRemote(host, "far", { platforms: ["linux/amd64"] });
    const before = await storedBuilders(host);
    const added = { endpoint: nowhere, options: ca, platforms: ["linux/amd64"] };
    const refused = await failure(boot({ case: "append", value: { builder: "far", node: added } }));
    expect(refused.message).toMatch(/^Cannot boot node far1, so builder far was not changed: /);
    const changed = { name: "far0", endpoint: nowhere, options: ca };
    await failure(boot({ case: "append", value: { builder: "far", node: changed } }));
    expect(await storedBuilders(host)).toEqual(before);
  });

  it("creates nothing when the client leaves during the boot", async () => {
    const { address, stop } = await daemon("tcp");
    await stop();
    const leave = new AbortController();
    const create = { name: "far", driver: "remote", node: node(address) };
    const responses = host.builders.bootstrapBuilder(
      { change: { case: "create", value: create } },
      { signal: leave.signal },
    );
    const seen: unknown[] = [];
    await failure(
      (async () => {
        for await (const { event } of responses) {
          seen.push(event.value);
          expect(await storedBuilders(host)).toHaveLength(1);
          leave.abort();
        }
      })(),
    );
    expect(seen.length).toBeGreaterThan(0);
    // A change waits for the previous one, so this one sees its result.
    await createRemote(host, "far");
    expect(await storedBuilders(host)).toMatchObject([{ nodes: [{ endpoint: lab().buildkitd.address }] }]);
  });
});

describe("the default", () => {
  const use = (name: string, environment: Record<string, string>, allEnvironments = false) =>
    host.builders.setDefaultBuilder({ name, environment, allEnvironments });
  const current = async (environment: Record<string, string>) => {
    const { builder } = await host.builders.getBuilder({ environment });
    const { builders } = await host.builders.listBuilders({ environment });
    expect(builders.filter((one) => one.current).map(({ name }) => name)).toEqual([builder?.name]);
    return builder?.name;
  };

  it("applies to the environment where it was chosen, or to all, until the builder is removed", async () => {
    const [here, there] = [{ DOCKER_HOST: lab().engine29.host }, { DOCKER_HOST: lab().engine20.host }];
    await createRemote(host, "one");
    await createRemote(host, "two");
    const both = async () => [await current(here), await current(there)];
    expect(await both()).toEqual(["default", "default"]);
    await use("one", here);
    expect(await both()).toEqual(["one", "default"]);
    await use("two", there, true);
    expect(await both()).toEqual(["one", "two"]);
    await use("two", here, true);
    expect(await both()).toEqual(["two", "two"]);
    await use("default", here);
    expect(await both()).toEqual(["default", "two"]);
    await use("one", here);
    await host.builders.removeBuilder({ name: "two" });
    expect(await both()).toEqual(["one", "default"]);
    await use("", here);
    expect(await both()).toEqual(["default", "default"]);
    expect(await failure(use("nope", here))).toMatchObject({ reason: "BUILDER_UNKNOWN" });
  });
});
