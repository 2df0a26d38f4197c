import { create } from "@bufbuild/protobuf";
import { durationFromMs } from "@bufbuild/protobuf/wkt";
import { expect, it } from "vitest";
import { readTypedError } from "../../../errors/typed-error.js";
import { BuildSpecSchema } from "../../../gen/slipway/build/v1/build_spec_pb.js";
import { limitsWith } from "../../quotas/limits.js";
import { Problems } from "./problems.js";
import { checkScheduling, projectOf, timeLimitsOf } from "./scheduling.js";

it.each([
  [{ project: "shop", tags: ["other"] }, "shop"],
  [{ tags: ["registry.example:5000/shop/app:v1"] }, "registry.example:5000/shop/app"],
  [{ tags: ["registry.example:5000/shop"] }, "registry.example:5000/shop"],
  [{ displayName: "app:v1@sha256:1234" }, "app"],
  [{ context: { source: { case: "path" as const, value: "/src/shop" } } }, "shop"],
])("the project of %j is %s", (spec, project) => {
  expect(projectOf(create(BuildSpecSchema, spec))).toBe(project);
});

it("the host's limits are the longest that a build waits and runs", () => {
  const limits = limitsWith({ "queue-time": 60_000 });
  const of = (queueMs?: number, runMs?: number) =>
    timeLimitsOf(
      create(BuildSpecSchema, {
        queueTimeout: queueMs === undefined ? undefined : durationFromMs(queueMs),
        runTimeout: runMs === undefined ? undefined : durationFromMs(runMs),
      }),
      limits,
    );
  expect(of()).toEqual({ queueMs: 60_000, runMs: Number.POSITIVE_INFINITY });
  expect(of(5_000, 7_000)).toEqual({ queueMs: 5_000, runMs: 7_000 });
  expect(of(90_000)).toMatchObject({ queueMs: 60_000 });
});

it("names each field at fault", () => {
  const problems = new Problems();
  const spec = { project: "a\nb", queueTimeout: durationFromMs(0), runTimeout: durationFromMs(-1) };
  checkScheduling(problems, create(BuildSpecSchema, spec));
  checkScheduling(problems, create(BuildSpecSchema, { project: "a".repeat(129) }));
  checkScheduling(problems, create(BuildSpecSchema, { project: "a".repeat(128), priority: -5 }));
  try {
    problems.throwIfAny();
    expect.unreachable();
  } catch (cause) {
    expect(readTypedError(cause).fields?.map(({ field }) => field)).toEqual([
      "spec.project",
      "spec.queue_timeout",
      "spec.run_timeout",
      "spec.project",
    ]);
  }
});
