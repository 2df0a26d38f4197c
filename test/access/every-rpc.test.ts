import { join } from "node:path";
import { expect, it } from "vitest";
import { type Role, roles } from "../../src/host/access/principal.js";
import { rules } from "../../src/host/access/rules.js";
import { createRemote } from "../builders/harness.js";
import { watchToEnd } from "../host/build.js";
import type { TestHost } from "../host/host.js";
import { tempDir } from "../lab/index.js";
import { makeTestTls } from "../lab/tls.js";
import { type Owned, outcome, rows, spec } from "./every-rpc.js";
import { type RemoteClient, reasonOf, startTeam, type Team } from "./harness.js";
import { servedMethods } from "./served-methods.js";

/** What a client with the role builder creates; the builder is limited to a principal or project. */
async function createdBy(host: TestHost, client: RemoteClient, principal: string): Promise<Owned> {
  await createRemote(host, "limited");
  await host.builders.setBuilderAccess({ name: "limited", allowedPrincipals: [principal] });
  const { build } = await client.builds.startBuild({ spec: { ...spec, builder: "limited" } });
  await watchToEnd(host, build!.id);
  return {
    build: build!.id,
    builder: "limited",
    upload: async () => ({ id: (await client.uploads.createUpload({ manifest: true })).upload!.id }),
    has: async (id) => (await reasonOf(client.uploads.finishUpload({ id }))) === undefined,
  };
}

type Who = keyof Team["clients"] | keyof Team["transports"];

/** The callers, and the role of each; undefined for nobody. */
const callers: Record<Who, Role | undefined> = {
  nobody: undefined,
  viewer: "viewer",
  bob: "builder",
  certificate: "builder",
  ann: "builder",
  admin: "admin",
  local: "admin",
};
const everyone = Object.keys(callers) as Who[];

/** What the table in docs/security.md says. */
function expected(method: string, who: Who, allowRemoteAdmin: boolean): string {
  const { role, reach, remote } = rules[method]!;
  const { served = "served", unseen, reaches } = rows[method]!;
  const own = callers[who];
  if (role === "anyone") return served;
  if (own === undefined) return "TOKEN_MISSING";
  if (roles.indexOf(own) < roles.indexOf(role)) return "ROLE_REQUIRED";
  if (who !== "local" && remote === "never") return "LOCAL_ONLY";
  if (who !== "local" && remote !== "yes" && !allowRemoteAdmin) return "REMOTE_ADMIN_OFF";
  if (reach === "same for all" || who === "ann" || own === "admin") return served;
  return unseen ?? (reaches ? "not seen" : served);
}

const shutdown = "slipway.v1.HostService/Shutdown";

it.each([true, false])(
  "every RPC serves the roles and owners of the table, remote administration: %s",
  async (allowRemoteAdmin) => {
    const tls = await makeTestTls(join(await tempDir(), "tls"));
    const team = await startTeam({ tls, args: allowRemoteAdmin ? ["--allow-remote-admin"] : [] });
    const byName = new Map(
      (await servedMethods(team.transports.local)).map((method) => [
        `${method.parent.typeName}/${method.name}`,
        method,
      ]),
    );
    const names = [...byName.keys()];
    expect(Object.keys(rows).sort()).toEqual([...names].sort());
    expect(Object.keys(rules).sort()).toEqual([...names].sort());

    const ann = await createdBy(team.host, team.clients.ann, "token:ann");
    const transportOf = (who: Who) =>
      who in team.clients
        ? team.clients[who as keyof Team["clients"]].http2
        : team.transports[who as keyof Team["transports"]];
    const said: Record<string, object> = {};
    const seen: Record<string, object> = {};
    // After the shutdown by the local user, who is the last caller, there is no host.
    for (const name of [...names.filter((each) => each !== shutdown), shutdown]) {
      const outcomes: [string, string][] = [];
      for (const who of everyone)
        outcomes.push([who, await outcome(transportOf(who), byName.get(name)!, ann)]);
      seen[name] = Object.fromEntries(outcomes);
      said[name] = Object.fromEntries(everyone.map((who) => [who, expected(name, who, allowRemoteAdmin)]));
    }
    expect(seen).toEqual(said);
    await team.host.ended;
  },
);

/** The members of projects, and their roles there. What the founder creates belongs to the project shop. */
const members: Record<string, Record<string, Role>> = {
  founder: { shop: "builder" },
  colleague: { shop: "builder" },
  lead: { shop: "admin" },
  reader: { shop: "viewer" },
  "reader-and-builder": { shop: "viewer", web: "builder" },
  stranger: { web: "admin" },
};

/** What the table in docs/security.md says of members of projects. */
function expectedOf(method: string, who: string): string {
  const { role, reach } = rules[method]!;
  const { served = "served", unseen, reaches } = rows[method]!;
  const hidden = unseen ?? (reaches ? "not seen" : served);
  const ofHost: Role = who === "reader" ? "viewer" : "builder";
  if (role !== "anyone" && roles.indexOf(ofHost) < roles.indexOf(role)) return "ROLE_REQUIRED";
  if (reach === "same for all" || who === "founder") return served;
  const inShop = members[who]!.shop;
  if (!inShop) return hidden;
  if (reach === "own, of its projects") return served;
  if (reach === "allowed builders") return inShop === "viewer" ? hidden : served;
  if (method.includes("UploadService")) return hidden;
  return inShop === "admin" ? served : "ROLE_REQUIRED";
}

it("every RPC serves the members of projects by their roles there, and nobody of another project", async () => {
  const team = await startTeam({ members });
  const methods = await servedMethods(team.transports.local);
  const owned = await createdBy(team.host, team.members.founder!, "project:shop");
  const said: Record<string, object> = {};
  const seen: Record<string, object> = {};
  for (const method of methods) {
    const name = `${method.parent.typeName}/${method.name}`;
    const outcomes: [string, string][] = [];
    for (const who of Object.keys(members))
      outcomes.push([who, await outcome(team.members[who]!.http2, method, owned)]);
    seen[name] = Object.fromEntries(outcomes);
    said[name] = Object.fromEntries(Object.keys(members).map((who) => [who, expectedOf(name, who)]));
  }
  expect(seen).toEqual(said);
});
