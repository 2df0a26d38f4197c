import { symlink } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { BuildState } from "../../src/gen/slipway/v1/build_event_pb.js";
import { createRemote } from "../builders/harness.js";
import { contextOf, fromPath, runBuild } from "../host/build.js";
import { startHost } from "../host/host.js";

it("a context whose links lead to more and more paths fails its build, and the host goes on", async () => {
  const host = await startHost();
  await createRemote(host, "shared");
  const folder = await contextOf({ Dockerfile: "FROM scratch\nCOPY * /\n" });
  // The target of each link names both.
  await symlink("*/1", join(folder, "l1"));
  await symlink("*/2", join(folder, "l2"));
  const spec = { builder: "shared", context: fromPath(folder) };
  const { finished } = await runBuild(host, spec);
  expect(finished).toMatchObject({
    state: BuildState.FAILED,
    error: { message: expect.stringContaining("symbolic links lead to, are more than 50000") },
  });
  expect(
    (
      await runBuild(host, {
        ...spec,
        context: fromPath(await contextOf({ Dockerfile: "FROM scratch\nCOPY * /\n" })),
      })
    ).finished.state,
  ).toBe(BuildState.SUCCEEDED);
});
