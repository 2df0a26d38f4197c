import { expect, it } from "vitest";
import { readTypedError } from "../../src/errors/typed-error.js";
import { mustBuild, type SpecInit } from "../host/build.js";
import { lab } from "../lab/index.js";
import { backends, createPair } from "../multi-node/harness.js";
import { startTeam } from "./harness.js";

const all = backends();

it("the host itself pushes to no registry of its own machine for a client on TCP", async () => {
  const { host, clients } = await startTeam();
  await createPair(host, { amd: all.amd.address, arm: all.arm.address });
  const spec: SpecInit = {
    builder: "pair",
    context: { source: { case: "empty", value: {} } },
    dockerfile: { source: { case: "content", value: Buffer.from("FROM scratch\nLABEL made.by=team\n") } },
    platforms: ["linux/amd64", "linux/arm64"],
    tags: [`${lab().registry.host}/pushed:1`],
    outputs: [{ type: "registry" }],
  };
  const refused = await clients.ann.builds.startBuild({ spec }).catch((cause) => cause);
  expect(readTypedError(refused)).toMatchObject({ reason: "LOCAL_ONLY", fields: [{ field: "spec.tags" }] });
  await mustBuild(host, spec);
});
