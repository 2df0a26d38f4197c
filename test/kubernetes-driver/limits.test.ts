import { expect, it } from "vitest";
import { fromPath, mustBuild, runBuild } from "../host/build.js";
import { builderHost, busyboxImage } from "./harness.js";

it("ends with the reason when the kubelet evicts the pod for its disk usage", async () => {
  const host = await builderHost({ "limits.ephemeral-storage": "64Mi" });
  const context = await busyboxImage("RUN head -c 200000000 /dev/zero > /file; sleep 3600");
  const { finished } = await runBuild(host, { builder: "kube", context: fromPath(context) });
  expect(finished.error).toMatchObject({ reason: "EVICTED" });
  expect(finished.error?.message).toMatch(/Evicted.*exceeds the total limit of containers 64Mi/);
});

it("ends with the reason and exit code when BuildKit runs out of memory, and the pod builds again", async () => {
  // A file in memory counts, and the daemon is the only process that can be killed for it.
  const host = await builderHost({ "limits.memory": "128Mi" });
  const context = await busyboxImage("RUN --mount=type=tmpfs,target=/memory cat /dev/zero > /memory/file");
  const { finished } = await runBuild(host, { builder: "kube", context: fromPath(context) });
  // The pod may run again before the host requests the status.
  expect(finished.error?.reason).toMatch(/^(OOM_KILLED|BUILDKIT_LOST)$/);
  expect(finished.error?.message).toMatch(/OOMKilled.*exit code 137/);
  await mustBuild(host, { builder: "kube", context: fromPath(await busyboxImage("RUN echo next")) });
});
