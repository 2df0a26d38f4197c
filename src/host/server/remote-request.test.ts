import { create } from "@bufbuild/protobuf";
import { expect, it } from "vitest";
import { StartBuildRequestSchema } from "../../gen/slipway/v1/build_pb.js";
import { BootstrapBuilderRequestSchema, DialBuilderRequestSchema } from "../../gen/slipway/v1/builder_pb.js";
import { dropEnvironment } from "./remote-request.js";

const environment = { DOCKER_HOST: "unix:///run/docker.sock" };

it("drops the environment wherever it stands in a request, and nothing else", () => {
  const build = create(StartBuildRequestSchema, { requestId: "r", spec: { environment, tags: ["a"] } });
  dropEnvironment(StartBuildRequestSchema, build);
  expect(build).toEqual(create(StartBuildRequestSchema, { requestId: "r", spec: { tags: ["a"] } }));

  const change = { case: "create" as const, value: { name: "n", environment } };
  const boot = create(BootstrapBuilderRequestSchema, { name: "n", environment, change });
  dropEnvironment(BootstrapBuilderRequestSchema, boot);
  expect(boot.environment).toEqual({});
  expect(boot.change).toMatchObject({ case: "create", value: { name: "n", environment: {} } });

  const dial = create(DialBuilderRequestSchema, { target: { builder: "b", environment } });
  dropEnvironment(DialBuilderRequestSchema, dial);
  expect(dial).toEqual(create(DialBuilderRequestSchema, { target: { builder: "b" } }));
});
