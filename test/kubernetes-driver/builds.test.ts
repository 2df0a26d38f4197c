import { expect, it } from "vitest";
import { fromPath, mustBuild } from "../host/build.js";
import { startHost } from "../host/host.js";
import { lab } from "../lab/index.js";
import { busyboxImage, endpoint, namespace } from "./harness.js";

it("boots a builder that does not run, builds with a RUN step and loads the result", async () => {
  const host = await startHost();
  const options = { image: lab().kubernetes.image, namespace: await namespace() };
  await host.builders.createBuilder({
    name: "kube",
    driver: "kubernetes",
    node: { endpoint: endpoint(), options },
  });
  const context = await busyboxImage("RUN echo $((40 + 2))");
  const run = await mustBuild(host, { builder: "kube", context: fromPath(context) });
  expect(run.output).toContain("42");
  const again = await mustBuild(host, { builder: "kube", context: fromPath(context) });
  expect(again.events.some(({ event }) => event.case === "bootstrap")).toBe(false);
  await host.builders.removeBuilder({ name: "kube" });
});
