import { create } from "@bufbuild/protobuf";
import { expect, it } from "vitest";
import { type BuildEvent, BuildEventSchema } from "../gen/slipway/v1/build_event_pb.js";
import { BuildModel } from "./build-model.js";

it("a build that begins again shows the steps of this attempt only", () => {
  const model = new BuildModel();
  let sequence = 0n;
  const apply = (event: BuildEvent["event"]) =>
    model.apply(create(BuildEventSchema, { sequence: ++sequence, event }));
  const { event: progress } = create(BuildEventSchema, {
    event: { case: "progress", value: { vertexes: [{ id: "v", name: "RUN a" }] } },
  });
  const { event: restarted } = create(BuildEventSchema, {
    event: { case: "restarted", value: { attempt: 2, reason: "HOST_STOPPED", message: "The host ended." } },
  });
  apply(progress);
  expect(model.ordered()).toHaveLength(1);
  apply(restarted);
  expect(model.ordered()).toEqual([]);
  expect(model.restarted?.attempt).toBe(2);
  apply(progress);
  expect(model.ordered().map(({ name }) => name)).toEqual(["RUN a"]);
});
