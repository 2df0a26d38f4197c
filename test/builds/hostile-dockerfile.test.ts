import { expect, it } from "vitest";
import { contextOf, fromPath, runBuild } from "../host/build.js";
import { engineEnvironment, startHost } from "../host/host.js";
import { lab } from "../lab/index.js";

it("survives a Dockerfile whose variables double with every line", async () => {
  const host = await startHost();
  const bomb = Array.from({ length: 50 }, (_, at) => `ARG A${at + 1}=$A${at}$A${at}`);
  // BuildKit refuses the last line before it replaces variables: it would not survive them either.
  const lines = ["ARG A0=0123456789", ...bomb, "FROM $A50", "UNKNOWN"];
  const context = fromPath(await contextOf({ Dockerfile: lines.join("\n") }));
  const { build } = await host.builds.startBuild({
    spec: { environment: engineEnvironment("engine29"), context },
  });
  let message = "";
  for await (const { event } of host.builds.watchBuild({ id: build!.id })) {
    if (event?.event.case === "finished") message = event.event.value.error?.message ?? "built";
  }
  expect(message).toContain("unknown instruction: UNKNOWN");
  expect((await host.builds.listBuilds({})).builds.map(({ id }) => id)).toEqual([build!.id]);
});

it.each(["--security=insecure", "--network=host"])(
  "gets no entitlement by RUN %s that the build does not allow",
  async (flag) => {
    const host = await startHost();
    const node = { endpoint: lab().buildkitd.address };
    await host.builders.createBuilder({ name: "own", driver: "remote", node });
    const Dockerfile = `FROM ${lab().registry.baseImage}\nRUN ${flag} true\n`;
    const context = fromPath(await contextOf({ Dockerfile }));
    const { finished } = await runBuild(host, { builder: "own", context, outputs: [{ type: "cacheonly" }] });
    expect(finished.error).toMatchObject({
      reason: "ENTITLEMENT_REQUIRED",
      message: expect.stringContaining("is not allowed"),
    });
  },
);
