import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { loadAllYaml } from "@kubernetes/client-node";
import { expect, it } from "vitest";
import { driver } from "../../plugins/kubernetes/src/driver.js";
import { Code, NodeState } from "../../src/driver/index.js";
import { freePort, lab, must, tempDir } from "../lab/index.js";
import { openOffered } from "../offered.js";
import { api, busyboxImage, call, endpoint, failure, namespace, node } from "./harness.js";

/** The endpoint of a modified copy of the lab's kubeconfig. */
async function kubeconfig(
  change: (config: { clusters: { cluster: object }[]; users: { name: string; user: object }[] }) => void,
) {
  const config = JSON.parse(await readFile(lab().kubernetes.kubeconfig, "utf8"));
  change(config);
  const file = join(await tempDir(), "config");
  await writeFile(file, JSON.stringify(config));
  return `kubernetes://?${new URLSearchParams({ kubeconfig: file })}`;
}

/** Checks that every call for a node fails with the same error, and that Inspect reports it as a state. */
async function refusal(at: string, options: Record<string, string> = {}) {
  const config = await node({ endpoint: at, options });
  const error = await failure(driver.bootstrap(config, call()));
  expect(await driver.inspect(config, call())).toMatchObject({
    state: NodeState.UNREACHABLE,
    reason: error.reason,
    remedy: expect.stringMatching(/./),
  });
  expect((await failure(openOffered(driver, config, call()))).reason).toBe(error.reason);
  const removal = { ...call(), force: false, keepState: false, keepDaemon: false };
  expect((await failure(driver.remove(config, removal))).reason).toBe(error.reason);
  return error;
}

it("reports that the API server does not run", async () => {
  const server = `https://127.0.0.1:${await freePort()}`;
  const at = await kubeconfig(({ clusters }) => Object.assign(clusters[0]!.cluster, { server }));
  expect(await refusal(at)).toMatchObject({
    code: Code.Unavailable,
    reason: "KUBERNETES_UNREACHABLE",
    message: `The API server ${server} refuses connections: nothing listens there.`,
  });
});

it("reports an untrusted certificate", async () => {
  const at = await kubeconfig(
    ({ clusters }) =>
      delete (clusters[0]!.cluster as { "certificate-authority"?: string })["certificate-authority"],
  );
  expect(await refusal(at)).toMatchObject({ code: Code.FailedPrecondition, reason: "KUBERNETES_TLS_FAILED" });
});

it("reports an expired token without showing it", async () => {
  const token = "expired-s3cr3t";
  const at = await kubeconfig(({ users }) => Object.assign(users[0]!, { user: { token } }));
  const error = await refusal(at);
  expect(error).toMatchObject({ code: Code.Unauthenticated, reason: "KUBERNETES_UNAUTHENTICATED" });
  expect(JSON.stringify(error)).not.toContain(token);
});

it("runs the login command of a kubeconfig, and reports its error", async () => {
  const space = await namespace();
  const script = join(await tempDir(), "login");
  const credential = {
    apiVersion: "client.authentication.k8s.io/v1",
    kind: "ExecCredential",
    status: { token: lab().kubernetes.tokens.admin },
  };
  await writeFile(script, `#!/bin/sh\ncat <<'END'\n${JSON.stringify(credential)}\nEND\n`, { mode: 0o755 });
  const login = (command: string) =>
    kubeconfig(({ users }) =>
      Object.assign(users[0]!, { user: { exec: { apiVersion: credential.apiVersion, command, args: [] } } }),
    );
  const config = await node({ endpoint: await login(script), options: { namespace: space } });
  expect(await driver.inspect(config, call())).toMatchObject({ state: NodeState.ABSENT });

  await writeFile(join(script, "../broken"), "#!/bin/sh\necho please log in first >&2; exit 1\n", {
    mode: 0o755,
  });
  expect(await refusal(await login(join(script, "../broken")))).toMatchObject({
    code: Code.Unauthenticated,
    reason: "KUBERNETES_CREDENTIALS",
    message: expect.stringContaining("please log in first"),
  });
});

it("reports the missing permission and its namespace", async () => {
  const space = await namespace();
  const error = await refusal(endpoint("stranger"), { namespace: space });
  expect(error).toMatchObject({ code: Code.PermissionDenied, reason: "KUBERNETES_FORBIDDEN" });
  expect(error.message).toContain(`in namespace "${space}"`);
  expect(error.metadata).toMatchObject({ verb: expect.stringMatching(/get|list/), namespace: space });
});

it("reports a missing namespace", async () => {
  const config = await node({ options: { namespace: "nowhere" } });
  expect(await failure(driver.bootstrap(config, call()))).toMatchObject({
    code: Code.FailedPrecondition,
    reason: "KUBERNETES_NOT_FOUND",
    message: expect.stringContaining('namespaces "nowhere" not found'),
  });
});

it("reports the API server's error for a field", async () => {
  const options = { namespace: await namespace(), template: "{spec: {hostNetworks: true}}" };
  expect(await failure(driver.bootstrap(await node({ options }), call()))).toMatchObject({
    code: Code.InvalidArgument,
    reason: "KUBERNETES_INVALID",
    message: expect.stringContaining("hostNetworks"),
  });
  const wrong = { ...options, template: "{spec: {dnsPolicy: Sometimes}}" };
  expect(await failure(driver.bootstrap(await node({ options: wrong }), call()))).toMatchObject({
    reason: "KUBERNETES_INVALID",
    fields: [{ field: "spec.template.spec.dnsPolicy" }, ...[]],
  });
});

it("needs only the rules of the manifest in the documentation", async () => {
  const space = await namespace();
  const manifest = await readFile(new URL("../../docs/kubernetes-rbac.yaml", import.meta.url), "utf8");
  for (const object of loadAllYaml(manifest) as { kind: string }[])
    await api(
      "POST",
      `/apis/rbac.authorization.k8s.io/v1/namespaces/${space}/${object.kind.toLowerCase()}s`,
      object,
    );
  const common = { namespace: space, timeout: "240s" };
  const daemonFiles = { "buildkitd.toml": Buffer.from("debug = true\n") };
  const claim = { ...common, "persistent-volume-claim.requests.storage": "1Gi" };
  for (const [options, files] of [
    [common, {}],
    [claim, daemonFiles],
    [{ ...claim, "pool.max": "1" }, daemonFiles],
  ] as const) {
    const config = await node({ endpoint: endpoint("tenant"), options, daemonFiles: files });
    const boot = call();
    expect(await driver.bootstrap(config, boot)).toMatchObject({ state: NodeState.RUNNING });
    // A pool has no pods before the first lease.
    if (!("pool.max" in options)) expect(boot.logs().join("\n")).toContain("Successfully assigned");
    const stream = await openOffered(driver, config, call());
    stream.on("error", () => {}).destroy();
    await driver.stop!(config, { ...call(), force: true });
    await driver.remove(config, { ...call(), force: false, keepState: false, keepDaemon: false });
  }
});

it("uses the cluster of its own pod without any settings", async () => {
  const space = await namespace();
  const { server, ca, tokens } = lab().kubernetes;
  const { hostname, port } = new URL(server);
  const folder = await tempDir();
  await writeFile(join(folder, "token"), tokens.admin);
  await writeFile(join(folder, "ca.crt"), await readFile(ca));
  await writeFile(join(folder, "namespace"), space);
  // The service account's files have a fixed path, so the program gets its own mounts.
  const inPod = [
    "mount -t tmpfs none /run && mkdir -p /run/secrets/kubernetes.io",
    `cp -r ${folder} /run/secrets/kubernetes.io/serviceaccount`,
    'exec "$@"',
  ].join("\n");
  const context = await busyboxImage("RUN echo in the cluster");
  const cli = join(import.meta.dirname, "../../dist/cli.cjs");
  const env = {
    PATH: process.env.PATH,
    HOME: folder,
    KUBERNETES_SERVICE_HOST: hostname,
    KUBERNETES_SERVICE_PORT: port,
    SLIPWAY_HOST: `unix://${folder}/run/slipway.sock`,
  };
  const slipway = [process.execPath, cli];
  const script = [
    `${slipway.join(" ")} create --name pod --driver kubernetes --driver-opt image=${lab().kubernetes.image}`,
    `${slipway.join(" ")} inspect pod`,
    `${slipway.join(" ")} build --builder pod --progress=plain ${context} 2>&1`,
    `${slipway.join(" ")} rm pod`,
  ].join(" && ");
  const { stdout } = await must("unshare", ["-m", "sh", "-ec", inPod, "-", "sh", "-ec", script], { env });
  expect(stdout).toContain("in-cluster=true");
  expect(stdout).toContain(space);
  expect(stdout).toMatch(/^#\d+ [\d.]+ in the cluster$/m);
});
