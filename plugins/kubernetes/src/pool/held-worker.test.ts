import type { V1Pod } from "@kubernetes/client-node";
import { Code } from "slipway/driver";
import { expect, it } from "vitest";
import { HeldWorker } from "./held-worker.js";
import { stoppedAnnotation } from "./worker-pod.js";

function podWith(annotations: Record<string, string>): V1Pod {
  return { metadata: { name: "pool-0", uid: "1", annotations }, status: { phase: "Running" } };
}

it.each([
  ["begins again when its worker is deleted", {}, Code.Aborted],
  [
    "does not begin again when its pool is stopped or removed",
    { [stoppedAnnotation]: "true" },
    Code.Unavailable,
  ],
])("a build %s", async (_, annotations, code) => {
  const held = new HeldWorker(podWith({}), "claim", { drain: () => {} });
  held.observe(podWith(annotations));
  held.observe(undefined);
  expect(await held.lost).toMatchObject({ code });
});
