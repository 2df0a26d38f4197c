import { create } from "@bufbuild/protobuf";
import { expect, it } from "vitest";
import { InspectStepResponseSchema } from "../../gen/slipway/v1/debug_pb.js";
import { stepValues } from "./step-values.js";
import { Variables } from "./variables.js";

it("values are asked for by number until the build goes on, and numbers are not used again", async () => {
  const variables = new Variables();
  const first = variables.add(() => [{ name: "a", value: "1", parts: () => [{ name: "b", value: "2" }] }]);
  const [a] = await variables.get(first);
  expect(a).toMatchObject({ name: "a", value: "1" });
  expect(await variables.get(a!.variablesReference)).toEqual([
    { name: "b", value: "2", variablesReference: 0 },
  ]);
  variables.clear();
  await expect(variables.get(first)).rejects.toThrow("has gone on");
  expect(variables.add(() => [])).toBeGreaterThan(a!.variablesReference);
});

it("a RUN step has its program, variables, folder and user; another one its platform", async () => {
  const long = "x".repeat(80);
  const step = create(InspectStepResponseSchema, {
    args: ["/bin/sh", "-c", long],
    environment: { A: "1" },
    workingDirectory: "/work",
    platform: "linux/arm/v7",
  });
  const [platform, exec] = stepValues(step);
  expect((await platform!.parts!()).map(({ value }) => value)).toEqual(["arm", "linux", "v7"]);
  expect(exec!.value).toBe(`/bin/sh -c ${long}`);
  expect((await exec!.parts!()).map(({ name, value }) => [name, value])).toEqual([
    ["args", `${`/bin/sh -c ${long}`.slice(0, 60)} ...`],
    ["env", "A=1"],
    ["workdir", "/work"],
  ]);
  expect(stepValues(create(InspectStepResponseSchema))).toEqual([]);
});
