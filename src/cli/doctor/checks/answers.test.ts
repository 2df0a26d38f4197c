import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { expect, it } from "vitest";
import { NodeState } from "../../../gen/slipway/common/v1/node_state_pb.js";
import { BuilderInstanceSchema } from "../../../gen/slipway/v1/builder_pb.js";
import { PluginSchema, PluginState } from "../../../gen/slipway/v1/plugin_pb.js";
import { findingsOf } from "./builders.js";
import { findingOf } from "./plugins.js";

const builder = (init: MessageInitShape<typeof BuilderInstanceSchema>) =>
  findingsOf(create(BuilderInstanceSchema, { name: "far", driver: "remote", ...init }));

const down = {
  spec: { name: "far0" },
  status: {
    state: NodeState.UNREACHABLE,
    message: "Connection refused",
    reason: "BUILDKIT_UNREACHABLE",
    remedy: "Start it.",
  },
};

it("a builder that does not answer is a problem, or a warning if nobody asked for it", () => {
  const problem = {
    outcome: "problem",
    message: "The builder far (remote) does not answer: Connection refused.",
    remedy: "Start it.",
    reason: "BUILDKIT_UNREACHABLE",
  };
  expect(builder({ nodes: [down] })).toEqual([problem]);
  expect(builder({ nodes: [down], implicit: true, current: true })).toEqual([problem]);
  expect(builder({ nodes: [down], implicit: true })).toEqual([{ ...problem, outcome: "warning" }]);
  expect(builder({ nodes: [down], origin: "/buildx/far" })).toEqual([{ ...problem, outcome: "warning" }]);
});

it("each node of a builder has a finding", () => {
  const running = { state: NodeState.RUNNING, backend: "Docker Engine 29" };
  const nodes = [
    { spec: { name: "far0" }, status: running, buildkitVersion: "v0.32.2" },
    { spec: { name: "far1" }, status: running, error: { message: "The daemon speaks HTTP/1.1" } },
    { spec: { name: "far2" }, status: { state: NodeState.ABSENT } },
  ];
  expect(builder({ nodes }).map(({ outcome, message }) => [outcome, message])).toEqual([
    ["ok", "The builder far (remote, node far0) answers: Docker Engine 29, BuildKit v0.32.2."],
    ["problem", "The builder far (remote, node far1) does not answer: The daemon speaks HTTP/1.1."],
    ["ok", "The builder far (remote, node far2) is not running; a build starts it."],
  ]);
  expect(builder({ error: { message: "Its driver is missing." } })).toMatchObject([{ outcome: "problem" }]);
  expect(builder({})).toMatchObject([{ outcome: "problem", remedy: "Remove it: slipway rm far" }]);
});

it.each([
  [PluginState.RUNNING, "", "ok"],
  [PluginState.IDLE, "", "ok"],
  [PluginState.RUNNING, "the driver x is taken from y", "warning"],
  [PluginState.DISABLED, "it is disabled", "ok"],
  [PluginState.SHADOWED, "it is hidden by z", "warning"],
  [PluginState.BACKOFF, "it crashed", "problem"],
  [PluginState.QUARANTINED, "it crashed too often", "problem"],
  [PluginState.INVALID, "its manifest is not JSON", "problem"],
])("a plugin in state %i (%s) is %s", (state, message, outcome) => {
  const plugin = create(PluginSchema, {
    name: "acme",
    version: "1",
    state,
    message,
    lastLines: ["a", "panic"],
  });
  const [finding] = findingOf(plugin);
  expect(finding).toMatchObject({ outcome });
  if (outcome === "problem")
    expect(finding).toMatchObject({
      message: expect.stringContaining(`${message} (last line: panic).`),
      remedy: expect.stringContaining("slipway plugins restart acme"),
    });
});
