import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readTypedError } from "../../src/errors/typed-error.js";
import { createRemote } from "../builders/harness.js";
import { slipwayOf } from "../cli/slipway.js";
import { mustBuild, type SpecInit } from "../host/build.js";
import { startHost } from "../host/host.js";
import { lab, tempDir } from "../lab/index.js";
import { docker, imageName } from "../loading/harness.js";
import { homeWithContext, type RemoteClient, reasonOf, startTeam } from "./harness.js";

type Spec = Exclude<SpecInit, { $typeName: string }>;

const spec = (builder: string, more: Spec = {}): Spec => ({
  builder,
  context: { source: { case: "empty", value: {} } },
  dockerfile: { source: { case: "content", value: Buffer.from("FROM scratch\nLABEL made.by=team\n") } },
  ...more,
});

const names = async ({ builders }: Pick<RemoteClient, "builders">) =>
  (await builders.listBuilders({})).builders.map(({ name }) => name);

describe("a builder of the host's user", () => {
  it("is unknown to everyone on TCP", async () => {
    const { host, clients } = await startTeam({ env: { HOME: await homeWithContext() } });
    expect(await names(host)).toEqual(expect.arrayContaining(["default", "team"]));
    for (const client of Object.values(clients)) {
      expect(await names(client)).toEqual([]);
      expect(await reasonOf(client.builders.getBuilder({ name: "team" }))).toBe("BUILDER_UNKNOWN");
      expect(await reasonOf(client.builders.getBuilder({}))).toBe("BUILDER_UNKNOWN");
    }
    for (const builder of ["", "default", "team"])
      expect(await reasonOf(clients.ann.builds.startBuild({ spec: spec(builder) }))).toBe("BUILDER_UNKNOWN");
    // An admin on another machine cannot open it.
    const open = clients.admin.builders.setBuilderAccess({
      name: "team",
      allowedPrincipals: ["group:team-a"],
    });
    expect(await reasonOf(open)).toBe("BUILDER_UNKNOWN");
  });

  it("can be opened, for loads into its own engine too, and closed again", async () => {
    const home = await homeWithContext();
    const { host, clients } = await startTeam({ env: { HOME: home } });
    const allowedPrincipals = ["group:team-a"];
    const { builder } = await host.builders.setBuilderAccess({ name: "team", allowedPrincipals });
    expect(builder).toMatchObject({ name: "team", implicit: true, allowedPrincipals });
    expect(await names(clients.ann)).toEqual(["team"]);
    expect(await names(clients.bob)).toEqual([]);
    expect(await reasonOf(clients.bob.builds.startBuild({ spec: spec("team") }))).toBe("BUILDER_UNKNOWN");

    const [byDefault, named] = [imageName(), imageName()];
    const outputs: Spec["outputs"] = [{ type: "docker" }];
    await mustBuild(clients.ann, spec("team", { tags: [byDefault], outputs }));
    const endpoint = builder!.nodes[0]!.spec!.endpoint;
    const into = (driver: string, where: string): Spec["outputs"] => [
      { type: "docker", destination: { case: "imageStore", value: { driver, endpoint: where } } },
    ];
    await mustBuild(clients.ann, spec("team", { tags: [named], outputs: into("docker", endpoint) }));
    for (const name of [byDefault, named])
      expect(await docker("engine29", "inspect", "--format", "{{.Config.Labels}}", name)).toContain("team");
    for (const where of ["", "default", lab().engine20.host]) {
      const other = spec("team", { outputs: into("docker", where) });
      expect(await reasonOf(clients.ann.builds.startBuild({ spec: other }))).toBe("LOCAL_ONLY");
    }

    host.process.kill("SIGTERM");
    await host.ended;
    const next = await startHost({ folder: host.folder, env: { HOME: home } });
    const { builder: kept } = await next.builders.getBuilder({ name: "team" });
    expect(kept?.allowedPrincipals).toEqual(allowedPrincipals);
    const { builder: closed } = await next.builders.setBuilderAccess({ name: "team", allowedPrincipals: [] });
    expect(closed?.allowedPrincipals).toEqual([]);
  });
});

it("is opened, shown and closed by slipway access", async () => {
  const { host, clients } = await startTeam({ env: { HOME: await homeWithContext() } });
  const slipway = slipwayOf(host);
  const access = async (...args: string[]) => (await slipway(["access", "team", ...args])).stdout;
  expect(await access()).toBe("only clients on this machine\n");
  expect(await access("group:team-a", "token:bob")).toBe("group:team-a\ntoken:bob\n");
  expect(await access()).toBe("group:team-a\ntoken:bob\n");
  expect(await names(clients.bob)).toEqual(["team"]);
  expect(await access("--clear")).toBe("only clients on this machine\n");
  expect(await names(clients.bob)).toEqual([]);
  expect(await slipway(["access", "team", "token:bob", "--clear"])).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("Principals and --clear exclude each other."),
  });
});

describe("a principal that may not use a builder", () => {
  it("does not learn its name when it is the default", async () => {
    const { host, clients } = await startTeam();
    await createRemote(host, "secretbuilder");
    await host.builders.setBuilderAccess({ name: "secretbuilder", allowedPrincipals: ["token:ann"] });
    await host.builders.setDefaultBuilder({ name: "secretbuilder", allEnvironments: true });
    const refused = clients.bob.builders.getBuilder({}).catch((cause) => cause);
    const error = readTypedError(await refused);
    expect(error.reason).toBe("BUILDER_UNKNOWN");
    expect(JSON.stringify(error)).not.toContain("secretbuilder");
    const build = readTypedError(
      await clients.bob.builds.startBuild({ spec: spec("") }).catch((cause) => cause),
    );
    expect({ ...build, callId: error.callId }).toEqual(error);

    const { builder } = await clients.ann.builders.getBuilder({});
    expect(builder).toMatchObject({ name: "secretbuilder", current: true, allowedPrincipals: [] });
    const listed = async ({ builders }: RemoteClient) =>
      (await builders.listBuilders({})).builders.map(({ allowedPrincipals }) => allowedPrincipals);
    expect(await listed(clients.ann)).toEqual([[]]);
    expect(await listed(clients.admin)).toEqual([["token:ann"]]);
  });

  it("does not learn which plugin is broken", async () => {
    const folder = await tempDir();
    await mkdir(join(folder, "broken-one"));
    await writeFile(join(folder, "broken-one", "slipway-plugin.json"), "{}");
    const { clients } = await startTeam({ plugins: [folder] });
    const told = async ({ builders }: RemoteClient) =>
      (await builders.listBuilders({})).diagnostics.map(({ message }) => message);
    expect((await told(clients.admin)).join()).toContain("broken-one");
    expect(await told(clients.ann)).toEqual([
      "A plugin of the host cannot be used, so builders may be missing.",
    ]);
  });
});
