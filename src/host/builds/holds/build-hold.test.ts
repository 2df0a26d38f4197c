import { create } from "@bufbuild/protobuf";
import { expect, it } from "vitest";
import { definitionOf } from "../../../buildkit/step-graph.test-helper.js";
import { ResultSchema } from "../../../gen/moby/buildkit/v1/frontend/gateway_pb.js";
import { BuildHold as When } from "../../../gen/slipway/v1/build_pb.js";
import { ContinueTo } from "../../../gen/slipway/v1/debug_pb.js";
import type { EventInit } from "../event-log.js";
import { FailedVertexes } from "../failed-vertex.js";
import type { Gateway } from "../gateway.js";
import { Breakpoints } from "./breakpoints.js";
import { BuildHold } from "./build-hold.js";

it("a build is held at a thousand steps at most, and then goes on to its end", async () => {
  const steps = Array.from({ length: 1_100 }, (_, index) => ({
    name: `s${index}`,
    line: index + 1,
    parent: index === 0 ? undefined : `s${index - 1}`,
  }));
  const result = create(ResultSchema, {
    result: { case: "ref", value: { id: "whole", def: definitionOf(steps) } },
  });
  const solved: string[] = [];
  const bridge = {
    solve: async () => ({ result: { result: { case: "ref", value: { id: "part" } } } }),
    evaluate: async ({ ref }: { ref: string }) => void solved.push(ref),
  };
  const events: EventInit[] = [];
  const append = async (event: EventInit) => {
    events.push(event);
    if (event.case === "held") hold.resume(ContinueTo.IN);
  };
  const terms = { when: When.ON_START, breakpoints: new Breakpoints([]) };
  const hold = new BuildHold(terms, { append, failedVertexes: new FailedVertexes() });
  const gateway = { bridge, options: {} } as unknown as Gateway;
  await hold.solve(result, gateway, new AbortController().signal);

  const countOf = (kind: EventInit["case"]) => events.filter((event) => event.case === kind).length;
  expect([countOf("held"), countOf("resumed")]).toEqual([1_000, 1_000]);
  expect(events.filter((event) => event.case === "warning")).toMatchObject([
    { value: { reason: "HOLD_IMPOSSIBLE", message: expect.stringContaining("1000th") } },
  ]);
  expect(solved.at(-1)).toBe("whole");
});
