import { readdir } from "node:fs/promises";
import { join } from "node:path";
import type { DescService } from "@bufbuild/protobuf";
import { expect, it } from "vitest";
import { type Role, roles } from "../../src/host/access/principal.js";
import { rules } from "../../src/host/access/rules.js";
import { createRemote } from "../builders/harness.js";
import { watchToEnd } from "../host/build.js";
import { type Owned, outcome, rows, spec } from "./every-rpc.js";
import { reasonOf, startTeam, type Team } from "./harness.js";

const generated = join(import.meta.dirname, "../../src/gen/slipway/v1");

/** The methods of all services of `slipway.v1`. */
async function everyMethod() {
  const files = (await readdir(generated)).filter((name) => name.endsWith("_pb.ts"));
  const modules: object[] = await Promise.all(files.map((name) => import(join(generated, name))));
  return modules
    .flatMap((module) => Object.values(module) as Partial<DescService>[])
    .filter((value): value is DescService => value?.kind === "service")
    .flatMap(({ methods }) => methods);
}

/** What ann, who is a builder, creates. */
async function createdByAnn({ host, clients: { ann } }: Team): Promise<Owned> {
  await createRemote(host, "limited");
  await host.builders.setBuilderAccess({ name: "limited", allowedPrincipals: ["token:ann"] });
  const { build } = await ann.builds.startBuild({ spec: { ...spec, builder: "limited" } });
  await watchToEnd(host, build!.id);
  return {
    build: build!.id,
    builder: "limited",
    upload: async () => ({ id: (await ann.uploads.createUpload({ manifest: true })).upload!.id }),
    has: async (id) => (await reasonOf(ann.uploads.finishUpload({ id }))) === undefined,
  };
}

const callers: Record<keyof Team["clients"], Role> = {
  viewer: "viewer",
  bob: "builder",
  ann: "builder",
  admin: "admin",
};

/** What the table in docs/security.md says. */
function expected(method: string, who: keyof Team["clients"], allowRemoteAdmin: boolean): string {
  const { role, reach, remote } = rules[method]!;
  const { served = "served", unseen, reaches } = rows[method]!;
  if (roles.indexOf(callers[who]) < roles.indexOf(role)) return "ROLE_REQUIRED";
  if (remote === "never") return "LOCAL_ONLY";
  if (remote === "with --allow-remote-admin" && !allowRemoteAdmin) return "REMOTE_ADMIN_OFF";
  if (reach === "same for all" || who === "ann" || who === "admin") return served;
  return unseen ?? (reaches ? "not seen" : served);
}

it.each([true, false])(
  "every RPC serves the roles and owners of the table, remote administration: %s",
  async (allowRemoteAdmin) => {
    const methods = await everyMethod();
    const names = methods.map(({ parent, name }) => `${parent.typeName}/${name}`);
    expect(Object.keys(rows).sort()).toEqual([...names].sort());

    const team = await startTeam({ args: allowRemoteAdmin ? ["--allow-remote-admin"] : [] });
    const ann = await createdByAnn(team);
    const everyone = Object.keys(callers) as (keyof Team["clients"])[];
    const said: Record<string, object> = {};
    const seen: Record<string, object> = {};
    for (const [index, name] of names.entries()) {
      const outcomes: [string, string][] = [];
      for (const who of everyone) outcomes.push([who, await outcome(team, who, methods[index]!, ann)]);
      seen[name] = Object.fromEntries(outcomes);
      said[name] = Object.fromEntries(everyone.map((who) => [who, expected(name, who, allowRemoteAdmin)]));
    }
    expect(seen).toEqual(said);
  },
);
