import { expect, it } from "vitest";
import { createRemote } from "../builders/harness.js";
import { spec } from "./every-rpc.js";
import { type RemoteClient, reasonOf, startTeam } from "./harness.js";

/** Starts a build, and returns its project. */
async function projectOf({ builds }: RemoteClient, project?: string): Promise<string | undefined> {
  const { build } = await builds.startBuild({ spec: { ...spec, builder: "shared", project } });
  return build?.project;
}

const listed = async ({ builds }: RemoteClient, project?: string) =>
  (await builds.listBuilds({ project })).builds.map((build) => build.project);

it("builds belong to a project of their principal, which sees them with the other members", async () => {
  const { host, members, clients } = await startTeam({
    members: { single: { shop: "builder" }, both: { shop: "builder", web: "builder", docs: "viewer" } },
  });
  await createRemote(host, "shared");
  const { single, both } = members as Record<"single" | "both", RemoteClient>;
  expect(await projectOf(single)).toBe("shop");
  expect(await projectOf(both, "web")).toBe("web");
  expect(await projectOf(both, "shop")).toBe("shop");
  expect(await projectOf(clients.bob, "shop")).toBe("");
  const start = (client: RemoteClient, project: string) =>
    reasonOf(client.builds.startBuild({ spec: { ...spec, builder: "shared", project } }));
  expect(await start(both, "")).toBe("PROJECT_MISSING");
  expect(await start(both, "docs")).toBe("ROLE_REQUIRED");
  expect(await start(single, "web")).toBe("PROJECT_UNKNOWN");

  expect(await listed(single)).toEqual(["shop", "shop"]);
  expect(await listed(both)).toEqual(["shop", "web", "shop"]);
  expect(await listed(both, "web")).toEqual(["web"]);
  expect(await listed(single, "web")).toEqual([]);
  expect(await listed(clients.bob)).toEqual([""]);
  expect(await listed(clients.admin, "shop")).toEqual(["shop", "shop"]);
});
