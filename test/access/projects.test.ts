import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { BuildState } from "../../src/gen/slipway/v1/build_event_pb.js";
import { createRemote } from "../builders/harness.js";
import { lab, tempDir } from "../lab/index.js";
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

it("the projects file limits a project in the queue, and is read again", async () => {
  const folder = await tempDir();
  const file = join(folder, "projects.toml");
  const write = (running: number) =>
    writeFile(
      file,
      `[[project]]\nname = "shop"\nrunning_builds = ${running}\nqueued_builds = 1\npriority = 5\n`,
      {
        mode: 0o600,
      },
    );
  await write(1);
  const { host, members } = await startTeam({
    members: { ann1: { shop: "builder" }, ann2: { shop: "builder" }, web: { web: "builder" } },
    args: ["--projects-file", file],
  });
  await createRemote(host, "shared");
  const { ann1, ann2, web } = members as Record<"ann1" | "ann2" | "web", RemoteClient>;
  const text = `FROM ${lab().registry.baseImage}\nRUN while true; do sleep 0.1; done # ${host.process.pid}\n`;
  const dockerfile = { source: { case: "content" as const, value: Buffer.from(text) } };
  const start = async ({ builds }: RemoteClient, priority = 0) =>
    (await builds.startBuild({ spec: { ...spec, dockerfile, builder: "shared", priority } })).build!;
  const stateOf = async (id: string) => (await host.builds.getBuild({ id })).build!.state;

  expect(await reasonOf(start(ann1, 6))).toBe("ROLE_REQUIRED");
  expect(await reasonOf(start(web, 1))).toBe("ROLE_REQUIRED");
  const first = await start(ann1, 5);
  // It is a limit of the project, whoever builds in it.
  const second = await start(ann2);
  expect(second.state).toBe(BuildState.QUEUED);
  expect(await reasonOf(start(ann1))).toBe("QUEUE_FULL");
  const other = await start(web);
  expect(other.state).not.toBe(BuildState.QUEUED);

  await write(2);
  await expect.poll(() => stateOf(second.id), { timeout: 60_000 }).toBe(BuildState.RUNNING);
  for (const { id } of [first, second, other]) await host.builds.cancelBuild({ id });
});
