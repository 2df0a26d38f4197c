import { randomBytes } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { hashToken, newToken, writeAccessFile } from "../../src/host/access/access-file.js";
import { cli } from "../host/host.js";
import { api, busyboxImage } from "../kubernetes-driver/harness.js";
import { lab, makeTestTls, postgresPassword, run, startPostgres, tempDir, until } from "../lab/index.js";
import { serviceImage, serviceImageName } from "../package/service-image.js";
import { importImage, makeNamespaces, podGateway, serveApiToPods, serveService, tool } from "./cluster.js";
import { forward } from "./forward.js";

const chart = join(import.meta.dirname, "../../deploy/helm/slipway");
const [space, workers] = ["deploy-test", "deploy-test-builders"];
const next = "slipway:next";

it("the chart is installed, builds for clients outside, is upgraded, and builds again", async () => {
  await importImage(await serviceImage(), serviceImageName, next);
  await makeNamespaces(space, workers);
  // As strict as Kubernetes can be: the API server refuses pods that are not.
  await tool("kubectl", "label", "namespace", space, "pod-security.kubernetes.io/enforce=restricted");
  await serveApiToPods();
  const folder = await tempDir();
  const gateway = await podGateway();
  const tls = await makeTestTls(join(folder, "tls"), "localhost", [gateway]);
  const postgres = await startPostgres(tls);
  onTestFinished(() => postgres.stop());
  const database = new URL(postgres.overTcp(await postgres.newDatabase()));
  const local = { host: "127.0.0.1", port: Number(database.port) };
  const inside = await forward({ host: gateway }, () => local);
  database.hostname = gateway;
  database.port = String(inside.port);
  database.password = encodeURIComponent(postgresPassword);
  database.search = "?sslmode=verify-full&sslrootcert=/etc/slipway/database/ca.crt";
  const [token, access] = [newToken(), join(folder, "access.toml")];
  await writeAccessFile(access, {
    tokens: [{ name: "ci", hash: hashToken(token), role: "builder", groups: [] }],
    certificates: [],
  });
  await writeFile(join(folder, "token"), token, { mode: 0o600 });
  const secret = (name: string, ...from: string[]) =>
    tool("kubectl", "-n", space, "create", "secret", "generic", name, ...from);
  await secret("slipway-database", `--from-literal=url=${database}`, `--from-file=ca.crt=${tls.ca}`);
  await secret(
    "slipway-tls",
    `--from-file=tls.crt=${tls.serverCert}`,
    `--from-file=tls.key=${tls.serverKey}`,
  );
  await secret("slipway-access", `--from-file=access.toml=${access}`);
  await secret("slipway-state-key", `--from-literal=state-key=${randomBytes(32).toString("base64")}`);
  for (const index of [0, 1]) await volume(join(folder, `state-${index}`), `slipway-${index}`);

  const values = join(folder, "values.json");
  const value = {
    workers: { namespace: workers, createNamespace: false },
    builders: [
      { name: "kube", default: true, driver: "kubernetes", options: { image: lab().kubernetes.image } },
    ],
    projects: [{ name: "shop", weight: 2 }],
    networkPolicy: { databasePort: inside.port },
  };
  await writeFile(values, JSON.stringify(value));
  const wait = ["--namespace", space, "--values", values, "--wait", "--timeout", "4m"];
  await tool("helm", "install", "slipway", chart, ...wait);
  const hosts = `/api/v1/namespaces/${space}/pods?labelSelector=app.kubernetes.io%2Fname%3Dslipway`;
  const images = async () => {
    const { items } = await api<{ items: { spec: { containers: { image: string }[] } }[] }>("GET", hosts);
    return items.map(({ spec }) => spec.containers[0]!.image);
  };
  expect(await images()).toEqual([serviceImageName, serviceImageName]);

  const doctor = await tool("kubectl", "exec", "--namespace", space, "slipway-0", "--", "slipway", "doctor");
  expect(doctor).toContain("projects.toml can be used. Number of projects: 1.");

  const { port } = await serveService(space, "slipway");
  const env = {
    PATH: process.env.PATH,
    HOME: folder,
    SLIPWAY_HOST: `https://localhost:${port}`,
    SLIPWAY_TOKEN_FILE: join(folder, "token"),
    SLIPWAY_CERT_PATH: join(folder, "client"),
  };
  await mkdir(env.SLIPWAY_CERT_PATH);
  await writeFile(join(env.SLIPWAY_CERT_PATH, "ca.pem"), await readFile(tls.ca));
  const slipway = (...args: string[]) => run(process.execPath, [cli, ...args], { env });
  let made = 0;
  const build = async (seconds = 0) => {
    const mark = `from-outside-${made++}`;
    const step = `for i in $(seq ${seconds}); do echo line $i; sleep 1; done; cat /mark`;
    const context = await busyboxImage("COPY mark /mark", `RUN ${step}`);
    await writeFile(join(context, "mark"), mark);
    return { mark, ...(await slipway("build", "--progress", "plain", context)) };
  };
  const first = await build();
  expect(first).toMatchObject({ code: 0, stderr: expect.stringContaining(first.mark) });

  // Some end while their host waits for them, and others begin again.
  const during = Array.from({ length: 10 }, (_, at) => build(15 + 8 * at));
  await until("the builds to run", async () => {
    const { stdout } = await slipway("builds", "ls");
    return stdout.match(/running/g)?.length === during.length;
  });
  await tool("helm", "upgrade", "slipway", chart, ...wait, "--set", "image.tag=next");
  expect(await images()).toEqual([next, next]);
  const ended = await Promise.all(during);
  expect(ended.filter(({ code }) => code !== 0).map(({ stderr }) => stderr.slice(-2000))).toEqual([]);
  // BuildKit does not repeat the output of a step that the earlier attempt had begun and that ended by itself.
  for (const { stderr, mark } of ended)
    expect(stderr).toMatch(new RegExp(`${mark}|attempt 2[^]*\\[3/3\\] RUN .*\n#\\d+ CACHED`));
  const second = await build();
  expect(second).toMatchObject({ code: 0, stderr: expect.stringContaining(second.mark) });
  expect((await slipway("builds", "ls")).stdout.match(/succeeded/g)).toHaveLength(2 + during.length);

  await checkDisruptions();
  await checkRights();
}, 600_000);

/** A volume for the state of one host, whose files get the group of the pod. */
async function volume(path: string, host: string): Promise<void> {
  await mkdir(path, { mode: 0o755 });
  const name = `${space}-${host}`;
  await tool("kubectl", "delete", "persistentvolume", "--ignore-not-found", name);
  const term = { key: "kubernetes.io/hostname", operator: "In", values: ["localhost"] };
  await api("POST", "/api/v1/persistentvolumes", {
    metadata: { name },
    spec: {
      capacity: { storage: "20Gi" },
      accessModes: ["ReadWriteOnce"],
      persistentVolumeReclaimPolicy: "Retain",
      storageClassName: "lab",
      claimRef: { namespace: space, name: `state-${host}` },
      local: { path },
      nodeAffinity: { required: { nodeSelectorTerms: [{ matchExpressions: [term] }] } },
    },
  });
  onTestFinished(
    async () => void (await tool("kubectl", "delete", "persistentvolume", "--wait=false", name)),
  );
}

/** One host may be evicted; the second one is refused then. */
async function checkDisruptions(): Promise<void> {
  const evict = (host: string) => {
    const eviction = {
      apiVersion: "policy/v1",
      kind: "Eviction",
      metadata: { name: host, namespace: space },
    };
    return api("POST", `/api/v1/namespaces/${space}/pods/${host}/eviction`, eviction);
  };
  const budget = `/apis/policy/v1/namespaces/${space}/poddisruptionbudgets/slipway`;
  await until("both hosts to count", async () => {
    const { status } = await api<{ status: { disruptionsAllowed: number } }>("GET", budget);
    return status.disruptionsAllowed === 1;
  });
  await evict("slipway-0");
  await expect(evict("slipway-1")).rejects.toThrow("429");
}

/** The hosts may do what the documentation names in the namespace of the workers, and nothing elsewhere. */
async function checkRights(): Promise<void> {
  const can = async (namespace: string) => {
    const account = `system:serviceaccount:${space}:slipway`;
    const rows = await tool(
      "kubectl",
      "auth",
      "can-i",
      "--list",
      "--no-headers",
      "--as",
      account,
      "-n",
      namespace,
    );
    return rows
      .split("\n")
      .filter((row) => /^\w/.test(row) && !row.startsWith("self"))
      .map((row) => row.replace(/\s+/g, " ").trim())
      .sort();
  };
  expect(await can(space)).toEqual([]);
  expect(await can(workers)).toEqual([
    "deployments.apps [] [] [get create patch delete]",
    "events [] [] [list]",
    "persistentvolumeclaims [] [] [list create patch delete]",
    "poddisruptionbudgets.policy [] [] [get create patch delete]",
    "pods [] [] [get list watch create patch delete]",
    "pods/exec [] [] [get create]",
    "secrets [] [] [create patch delete]",
    "statefulsets.apps [] [] [get create patch delete]",
  ]);
}
