import { generateKeyPairSync } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { makeBridge } from "../bridge.js";
import { startContainerd } from "../containerd.js";
import { type Daemon, startDaemon } from "../daemon.js";
import { pauseProcess } from "../pause-process.js";
import { freePort } from "../port.js";
import { kubernetes } from "../recipes/kubernetes.js";
import { destroyState, makeState } from "../state.js";
import { makeTestTls } from "../tls.js";
import { ask, type ClusterUsers, makeUsers, waitUntilReady, writeKubeconfig } from "./access.js";
import { importImages } from "./images.js";
import { configureContainerd, configureKubelet } from "./node.js";
import { makeVolumes } from "./volumes.js";

/** A Kubernetes cluster whose only node is this machine. */
export interface Kubernetes {
  /**
   * Kubeconfig with a context for each user: "admin" (the current one) may do anything, "stranger" nothing, and
   * "tenant" what the role bindings of a test allow.
   */
  kubeconfig: string;
  /** URL of the API server. */
  server: string;
  /** File with the certificate of the API server's authority. */
  ca: string;
  /** Bearer tokens of the users. */
  tokens: ClusterUsers;
  /** Name of the BuildKit image in the node's store. Other images cannot be pulled. */
  image: string;
  /** Folder with a log file for each daemon. */
  logs: string;
  /** Socket path of its containerd; the namespace is "k8s.io". */
  containerd: string;
}

/** Address of the API server in pods. Nothing answers there: the cluster has no proxy for services. */
export const apiServiceAddress = "10.96.0.1";

/** A running cluster that can be stopped. */
export interface RunningKubernetes extends Kubernetes {
  stop(): Promise<void>;
  /** Kill the API server only. */
  killApi(): Promise<void>;
  /** Start the API server again, on the same port. */
  startApi(): Promise<void>;
  /** Suspend the kubelet: connections stay open without responses, as when a machine loses power. */
  freezeKubelet(): Promise<void>;
}

/**
 * Start an isolated cluster: its own etcd, containerd, network bridge, ports and volumes. The node counts as lost after
 * `nodeGraceSeconds` without a status.
 */
export async function startKubernetes({ nodeGraceSeconds = 40 } = {}): Promise<RunningKubernetes> {
  const bin = await kubernetes();
  const folder = await makeState("kubernetes");
  const running: Daemon[] = [];
  // Stop in reverse order of start, so that the API server outlives its clients.
  const stop = async () => {
    for (const daemon of running.reverse()) await daemon.stop();
    await destroyState(folder);
  };
  const start = async (
    name: string,
    args: Record<string, string>,
    ready: () => Promise<boolean>,
    command = join(bin, name),
  ) => {
    const flags = Object.entries(args).map(([flag, value]) => `--${flag}=${value}`);
    const daemon = await startDaemon({ name, command, args: flags, folder, ready });
    running.push(daemon);
    return daemon;
  };
  const started = async () => true;

  try {
    const bridge = await makeBridge(folder);
    const [etcd, peer, api, kubelet] = [
      await freePort(),
      await freePort(),
      await freePort(),
      await freePort(),
    ];
    const tls = await makeTestTls(join(folder, "tls"), "localhost", [apiServiceAddress]);
    const server = `https://127.0.0.1:${api}`;
    const { tokens, file: tokenFile } = await makeUsers(folder);
    const kubeconfig = await writeKubeconfig(folder, { server, ca: tls.ca, tokens });
    const signingKey = join(folder, "service-accounts.pem");
    const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    await writeFile(signingKey, privateKey.export({ type: "sec1", format: "pem" }), { mode: 0o600 });

    const healthy = async (url: string) => (await fetch(url)).ok;
    const etcdUrl = `http://127.0.0.1:${etcd}`;
    await start(
      "etcd",
      {
        "data-dir": join(folder, "etcd"),
        "listen-client-urls": etcdUrl,
        "advertise-client-urls": etcdUrl,
        "listen-peer-urls": `http://127.0.0.1:${peer}`,
        "initial-advertise-peer-urls": `http://127.0.0.1:${peer}`,
        "initial-cluster": `default=http://127.0.0.1:${peer}`,
      },
      () => healthy(`${etcdUrl}/health`),
      "etcd",
    );
    const containerd = await startContainerd(folder, {}, await configureContainerd(folder, bridge));
    running.push(containerd);
    const image = await importImages(containerd.socket);

    const startApiServer = () =>
      start(
        "kube-apiserver",
        {
          "etcd-servers": etcdUrl,
          "bind-address": "127.0.0.1",
          "secure-port": String(api),
          "cert-dir": join(folder, "certificates"),
          "tls-cert-file": tls.serverCert,
          "tls-private-key-file": tls.serverKey,
          "token-auth-file": tokenFile,
          "authorization-mode": "RBAC",
          "allow-privileged": "true",
          "service-cluster-ip-range": "10.96.0.0/24",
          "service-account-issuer": "https://kubernetes.default.svc",
          "service-account-key-file": signingKey,
          "service-account-signing-key-file": signingKey,
          "disable-admission-plugins": "ServiceAccount",
          "endpoint-reconciler-type": "none",
          "kubelet-preferred-address-types": "Hostname,InternalIP",
        },
        async () => (await ask({ server, ca: tls.ca, token: tokens.admin }, "GET", "/readyz")) === "ok",
      );
    let apiServer = await startApiServer();
    const cluster = { server, ca: tls.ca, token: tokens.admin };
    const common = { kubeconfig, "leader-elect": "false", "secure-port": "0" };
    await start(
      "kube-controller-manager",
      { ...common, "node-monitor-grace-period": `${nodeGraceSeconds}s`, "root-ca-file": tls.ca },
      started,
    );
    await start("kube-scheduler", common, started);
    const kubeletDaemon = await start(
      "kubelet",
      await configureKubelet(folder, { kubeconfig, containerd: containerd.socket, port: kubelet }),
      started,
    );
    await makeVolumes(cluster, folder);
    await waitUntilReady(cluster);
    return {
      kubeconfig,
      server,
      ca: tls.ca,
      tokens,
      image,
      logs: folder,
      containerd: containerd.socket,
      stop,
      killApi: () => apiServer.kill(),
      startApi: async () => {
        apiServer = await startApiServer();
      },
      freezeKubelet: () => pauseProcess(kubeletDaemon.pid),
    };
  } catch (error) {
    await stop();
    throw error;
  }
}
