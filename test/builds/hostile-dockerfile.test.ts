import { expect, it } from "vitest";
import { contextOf, fromPath } from "../host/build.js";
import { engineEnvironment, startHost } from "../host/host.js";

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
