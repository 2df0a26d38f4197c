import { beforeAll, expect, it } from "vitest";
import { fromPath, mustBuild } from "../host/build.js";
import { startHost } from "../host/host.js";
import { api, busyboxImage, namespace } from "../kubernetes-driver/harness.js";
import { lab, must } from "../lab/index.js";
import { kubectl as buildKubectl } from "../lab/recipes/kubernetes.js";
import { failure } from "./harness.js";

let folder: string;
beforeAll(async () => {
  folder = await buildKubectl();
}, 600_000);

it("a BuildKit in a pod is used through kubectl exec, and a deleted pod is reported", async () => {
  const PATH = `${folder}:${process.env.PATH}`;
  // Of the user, not of the host.
  const environment = { KUBECONFIG: lab().kubernetes.kubeconfig };
  const space = await namespace();
  const container = { image: lab().kubernetes.image, securityContext: { privileged: true } };
  await api("POST", `/api/v1/namespaces/${space}/pods`, {
    metadata: { name: "far" },
    spec: { containers: [{ name: "buildkitd", imagePullPolicy: "Never", ...container }] },
  });
  const kubectl = (...args: string[]) =>
    must("kubectl", ["--namespace", space, ...args], { env: { ...process.env, ...environment, PATH } });
  await kubectl("wait", "--for=condition=Ready", "--timeout=240s", "pod/far");

  const host = await startHost({ env: { PATH } });
  const endpoint = `kube-pod://far?context=admin&namespace=${space}&container=buildkitd`;
  const { builder } = await host.builders.createBuilder({ name: "remote0", node: { endpoint }, environment });
  expect(builder!.driver).toBe("remote");
  for await (const _ of host.builders.bootstrapBuilder({ name: "remote0" }));
  const spec = { builder: "remote0", context: fromPath(await busyboxImage("RUN echo $((40 + 2))")) };
  expect((await mustBuild(host, spec)).output).toContain("42");

  await kubectl("delete", "pod", "far", "--now");
  expect(await failure(host.builds.startBuild({ spec }))).toMatchObject({
    reason: "BUILDKIT_COMMAND_FAILED",
    message: expect.stringContaining('pods "far" not found'),
    remedy: expect.stringContaining(`kubectl --context=admin --namespace=${space} exec`),
  });
});
