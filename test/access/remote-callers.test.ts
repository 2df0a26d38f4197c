import { createHash, randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Client, Code, createClient } from "@connectrpc/connect";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { readTypedError } from "../../src/errors/typed-error.js";
import type { BuildService } from "../../src/gen/slipway/v1/build_pb.js";
import type { BuilderService } from "../../src/gen/slipway/v1/builder_pb.js";
import { HostService } from "../../src/gen/slipway/v1/host_pb.js";
import { EntryType } from "../../src/gen/slipway/v1/upload_pb.js";
import { readAccessFile, writeAccessFile } from "../../src/host/access/access-file.js";
import { createRemote, type NodeInit } from "../builders/harness.js";
import { bundlePlugin, installOdd } from "../fixtures/plugins/install.js";
import type { TestHost } from "../host/host.js";
import { tempDir } from "../lab/index.js";
import { type RemoteClient, reasonOf, startTeam, type Team } from "./harness.js";

let host: TestHost;
let file: string;
let clients: Team["clients"];

beforeEach(async () => {
  ({ host, file, clients } = await startTeam());
});

describe("an admin on another machine", () => {
  it.each<[string, string, NodeInit]>([
    ["kubernetes", "its own kubeconfig", { endpoint: "kubernetes://?kubeconfig=/tmp/exec" }],
    ["kubernetes", "the host's kubeconfig", {}],
    ["docker-container", "the host's engine", {}],
    ["docker-container", "a Docker context of the host", { endpoint: "default" }],
    ["docker-container", "a certificate folder", { endpoint: "tcp://192.0.2.1:2376?certPath=/root" }],
    ["remote", "a socket of the host", { endpoint: "unix:///run/docker.sock" }],
    ["remote", "the host's ssh keys", { endpoint: "ssh://root@192.0.2.1" }],
    ["remote", "a program of the host", { endpoint: "docker-container://any" }],
    ["remote", "the host's loopback", { endpoint: "tcp://127.0.0.1:2375" }],
    [
      "remote",
      "a file of the host",
      { endpoint: "tcp://192.0.2.1:1234", options: { cacert: "/etc/shadow", servername: "x" } },
    ],
  ])("cannot create a %s builder that uses %s", async (driver, _what, node) => {
    const { builders } = clients.admin;
    const create = { name: "intruder", driver, node };
    expect(await reasonOf(builders.createBuilder(create))).toBe("LOCAL_ONLY");
    expect(await reasonOf(builders.createBuilder({ ...create, validateOnly: true }))).toBe("LOCAL_ONLY");
    const boot = async () => {
      for await (const _ of builders.bootstrapBuilder({ change: { case: "create", value: create } }));
    };
    expect(await reasonOf(boot())).toBe("LOCAL_ONLY");
    await createRemote(host, "own");
    expect(await reasonOf(builders.appendNode({ builder: "own", node }))).toBe("LOCAL_ONLY");
    const { builders: all } = await host.builders.listBuilders({});
    expect(all.map(({ name }) => name)).not.toContain("intruder");
  });

  it("can create a builder with a network address and remove it", async () => {
    const { builders } = clients.admin;
    const node = { endpoint: "tcp://192.0.2.1:1234" };
    const { builder } = await builders.createBuilder({ name: "far", driver: "remote", node });
    expect(builder?.nodes[0]?.spec?.endpoint).toBe("tcp://192.0.2.1:1234");
    expect(await reasonOf(builders.removeBuilder({ name: "far" }))).toBeUndefined();
  });

  it("cannot pass an environment to plugins", async () => {
    const plugins = await tempDir();
    const bundle = join(await tempDir(), "odd.js");
    await bundlePlugin("odd", bundle);
    await installOdd(plugins, "shows-variables", bundle);
    const team = await startTeam({ plugins: [plugins] });
    const variables = async ({ builders }: { builders: Client<typeof BuilderService> }, name: string) => {
      const node = { endpoint: "tcp://192.0.2.1:1234" };
      const environment = { ODD_ACCOUNT: "a", ODD_KEY: "k", OTHER: "o" };
      const { builder } = await builders.createBuilder({ name, driver: "odd", node, environment });
      return builder?.nodes[0]?.spec?.options.variables;
    };
    expect(await variables(team.host, "near")).toBe("ODD_ACCOUNT,ODD_KEY");
    expect(await variables(team.clients.admin, "far")).toBe("");
  });

  it("cannot have a driver read a file of the host by the variables of a GitHub Actions job", async () => {
    const GITHUB_EVENT_PATH = join(await tempDir(), "event.json");
    await writeFile(GITHUB_EVENT_PATH, JSON.stringify({ token: "of the host" }), { mode: 0o600 });
    const environment = { GITHUB_ACTIONS: "true", GITHUB_EVENT_NAME: "push", GITHUB_EVENT_PATH };
    const node = { name: "job0", endpoint: "tcp://192.0.2.1:2375" };
    const create = { name: "job", driver: "docker-container", node, environment };
    const seen = async ({ builders }: { builders: Client<typeof BuilderService> }) => {
      const { builder } = await builders.createBuilder({ ...create, validateOnly: true });
      return builder?.nodes[0]?.daemonFiles.map(({ path }) => path);
    };
    expect(await seen(host)).toEqual(["provenance.d/github_actions_context.json"]);
    expect(await reasonOf(seen(clients.admin))).toBe("LOCAL_ONLY");
    // Nor by changing the builder of a local user.
    const options = { "provenance-add-gha": "false" };
    await host.builders.createBuilder({ ...create, node: { ...node, options } });
    const change = clients.admin.builders.updateNode({
      builder: "job",
      node: { name: "job0", options: { "provenance-add-gha": "true" } },
      updateMask: { paths: ["options.provenance-add-gha"] },
      environment,
    });
    expect(await reasonOf(change)).toBe("LOCAL_ONLY");
  });

  it("is not asked for the variables of credential helpers, which the local user is asked for", async () => {
    const helpers = ["PATH", "AWS_SECRET_ACCESS_KEY", "DOCKER_AUTH_CONFIG"];
    const asked = async (service: Pick<TestHost["host"], "negotiate">) =>
      (await service.negotiate({})).environment?.variables.filter((name) => helpers.includes(name));
    expect((await asked(host.host))?.sort()).toEqual(helpers.toSorted());
    expect(await asked(createClient(HostService, clients.admin.http2))).toEqual([]);
  });

  it("cannot install plugins", async () => {
    expect(await reasonOf(clients.admin.plugins.installPlugin({ path: "/tmp" }))).toBe("LOCAL_ONLY");
  });
});

describe("a principal", () => {
  const context = { source: { case: "url" as const, value: "https://192.0.2.1/none.tar" } };
  const spec = { builder: "shared", context };

  it("sees, watches and cancels only its own builds", async () => {
    await createRemote(host, "shared");
    const requestId = randomUUID();
    const { build } = await clients.ann.builds.startBuild({ requestId, spec });
    const { build: others } = await clients.bob.builds.startBuild({ requestId, spec });
    expect(build?.owner).toBe("token:ann");
    expect(others?.owner).toBe("token:bob");
    expect(others?.id).not.toBe(build?.id);
    const again = await clients.ann.builds.startBuild({ requestId, spec });
    expect(again.build?.id).toBe(build?.id);

    const id = build!.id;
    const watch = async (client: RemoteClient) => {
      for await (const _ of client.builds.watchBuild({ id })) return;
    };
    const read = async (client: RemoteClient) => {
      for await (const _ of client.builds.readOutput({ id })) return;
    };
    expect(await reasonOf(clients.bob.builds.getBuild({ id }))).toBe("BUILD_UNKNOWN");
    expect(await reasonOf(watch(clients.bob))).toBe("BUILD_UNKNOWN");
    expect(await reasonOf(read(clients.bob))).toBe("BUILD_UNKNOWN");
    expect(await reasonOf(clients.bob.builds.cancelBuild({ id }))).toBe("BUILD_UNKNOWN");
    const ids = async (client: { builds: Client<typeof BuildService> }) =>
      (await client.builds.listBuilds({})).builds.map((each) => each.id).sort();
    expect(await ids(clients.bob)).toEqual([others!.id]);
    expect(await ids(clients.viewer)).toEqual([]);
    expect(await ids(clients.admin)).toEqual([id, others!.id].sort());
    expect(await ids(host)).toEqual([id, others!.id].sort());
    expect(await reasonOf(clients.ann.builds.cancelBuild({ id }))).toBeUndefined();
    expect(await reasonOf(clients.admin.builds.cancelBuild({ id: others!.id }))).toBeUndefined();
  });

  it("cannot use, finish or delete uploads of others, or their contents by digest", async () => {
    await createRemote(host, "shared");
    const data = Buffer.from("FROM scratch\n");
    const digest = `sha256:${createHash("sha256").update(data).digest("hex")}`;
    const sizeBytes = BigInt(data.length);
    const entries = [{ path: "Dockerfile", type: EntryType.FILE, mode: 0o644, digest, sizeBytes }];
    const begin = async ({ uploads }: RemoteClient) => {
      const { upload, missingDigests } = await uploads.createUpload({ manifest: true, entries });
      return { id: upload!.id, missingDigests };
    };
    const { id } = await begin(clients.ann);
    await clients.ann.uploads.addBlobs({ id, blobs: [{ digest, sizeBytes, data }] });
    expect(await reasonOf(clients.bob.uploads.finishUpload({ id }))).toBe("UPLOAD_NOT_FOUND");
    expect(await reasonOf(clients.ann.uploads.finishUpload({ id }))).toBeUndefined();

    const ofUpload = { builder: "shared", context: { source: { case: "upload" as const, value: id } } };
    expect(await reasonOf(clients.bob.builds.startBuild({ spec: ofUpload }))).toBe("UPLOAD_NOT_FOUND");
    // For bob it does not exist, so there is nothing to remove; ann's stays.
    expect(await reasonOf(clients.bob.uploads.deleteUpload({ id }))).toBeUndefined();
    expect((await begin(clients.bob)).missingDigests).toEqual([digest]);
    expect((await begin(clients.ann)).missingDigests).toEqual([]);
    expect(await reasonOf(clients.ann.builds.startBuild({ spec: ofUpload }))).toBeUndefined();
  });

  it("may do what its role allows", async () => {
    await createRemote(host, "shared");
    expect(await reasonOf(clients.viewer.builds.startBuild({ spec }))).toBe("ROLE_REQUIRED");
    expect(await reasonOf(clients.ann.builders.removeBuilder({ name: "shared" }))).toBe("ROLE_REQUIRED");
    const boot = async () => {
      const change = { case: "create" as const, value: { name: "x", driver: "remote", node: {} } };
      for await (const _ of clients.ann.builders.bootstrapBuilder({ change }));
    };
    expect(await reasonOf(boot())).toBe("ROLE_REQUIRED");
    expect(await reasonOf(clients.viewer.builders.getBuilder({ name: "shared" }))).toBeUndefined();
  });

  it("does not see a builder that is limited to others", async () => {
    await createRemote(host, "shared");
    await host.builders.setBuilderAccess({ name: "shared", allowedPrincipals: ["group:team-a"] });
    expect(await reasonOf(clients.bob.builds.startBuild({ spec }))).toBe("BUILDER_UNKNOWN");
    const error = await clients.bob.builders.getBuilder({ name: "shared" }).catch((cause) => cause);
    expect(readTypedError(error)).toMatchObject({ code: Code.NotFound, reason: "BUILDER_UNKNOWN" });
    const names = async (client: { builders: Client<typeof BuilderService> }) =>
      (await client.builders.listBuilders({})).builders.map(({ name }) => name);
    expect(await names(clients.bob)).not.toContain("shared");
    expect(await names(clients.ann)).toContain("shared");
    expect(await names(clients.admin)).toContain("shared");
    const { build } = await clients.ann.builds.startBuild({ spec });
    expect(build?.builder).toBe("shared");
    expect(
      await reasonOf(host.builders.setBuilderAccess({ name: "shared", allowedPrincipals: ["everyone"] })),
    ).toBe("PRINCIPAL_INVALID");
  });

  it("is refused without a restart after its token is revoked", async () => {
    expect(await reasonOf(clients.ann.builds.listBuilds({}))).toBeUndefined();
    const { tokens, certificates } = await readAccessFile(file);
    await writeAccessFile(file, { tokens: tokens.filter(({ name }) => name !== "ann"), certificates });
    await vi.waitFor(
      async () => expect(await reasonOf(clients.ann.builds.listBuilds({}))).toBe("TOKEN_WRONG"),
      { timeout: 60_000, interval: 200 },
    );
    expect(await reasonOf(clients.bob.builds.listBuilds({}))).toBeUndefined();
    expect(existsSync(host.socket)).toBe(true);
  });
});
