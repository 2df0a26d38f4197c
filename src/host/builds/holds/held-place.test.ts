import { create } from "@bufbuild/protobuf";
import { expect, it } from "vitest";
import { ResultSchema } from "../../../gen/moby/buildkit/v1/frontend/gateway_pb.js";
import { placeOfResult } from "./held-place.js";

const processOf = (configuration: string) =>
  placeOfResult(
    "ref",
    create(ResultSchema, { metadata: { "containerimage.config": Buffer.from(configuration) } }),
    "",
  ).process;

it("processes in a result get what its image says", () => {
  const config = { Entrypoint: ["/bin/sh"], Cmd: ["-c"], Env: ["A=b"], User: "1", WorkingDir: "/srv" };
  expect(processOf(JSON.stringify({ config }))).toEqual({
    args: ["/bin/sh", "-c"],
    env: ["A=b"],
    user: "1",
    cwd: "/srv",
  });
});

it.each(["{}", '{"config":null}', '{"config":{"Cmd":1,"Env":{},"User":[],"WorkingDir":null}}'])(
  "an image says nothing with %s",
  (configuration) => {
    expect(processOf(configuration)).toEqual({ args: [], env: [], user: "", cwd: "/" });
  },
);

it("a configuration that is no JSON is an error of BuildKit", () => {
  expect(() => processOf("text")).toThrow(/it is not JSON/);
});
