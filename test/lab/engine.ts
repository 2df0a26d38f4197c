import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { makeBridge } from "./bridge.js";
import { startContainerd } from "./containerd.js";
import { type Daemon, startDaemon } from "./daemon.js";
import { engineApi } from "./engine-api.js";
import { freePort } from "./port.js";
import { baseImage, baseImageName } from "./recipes/base-image.js";
import { dockerd29 } from "./recipes/dockerd29.js";
import { runc } from "./recipes/runc.js";
import { cgroupOf, destroyState, makeState } from "./state.js";
import { makeTestTls, type TestTls } from "./tls.js";

/** 20: Debian's version 20.10 with a graph-driver store. 29: version 29 with the containerd image store. */
export type EngineLine = 20 | 29;

/** Address and files of a running engine. Its store has the base image {@link baseImageName}. */
export interface Engine {
  /** Path of its unix socket. */
  socket: string;
  /** The same in the format of `DOCKER_HOST`. */
  host: string;
  /** `Version` in its response to /version. */
  version: string;
  /** Log file of the daemon. */
  log: string;
  /** Pid of dockerd. */
  pid: number;
  /** Only with `tcp`: a port that requires a client certificate. */
  tcp?: { host: string; tls: TestTls };
}

/** A running engine that can be stopped. */
export interface RunningEngine extends Engine {
  stop(): Promise<void>;
  /** Kill dockerd, as in a crash. `stop` is still required afterwards. */
  kill(): Promise<void>;
}

/** Start an isolated Docker Engine: its own data, state, sockets, network bridge, containerd and cgroup. */
export async function startEngine(line: EngineLine, options: { tcp?: boolean } = {}): Promise<RunningEngine> {
  const { dockerd, path, config } = line === 20 ? debianEngine() : await newEngine();
  const folder = await makeState(`engine${line}`);
  const socket = join(folder, "docker.sock");
  const tcp = options.tcp ? await tcpWithTls(folder) : undefined;
  const env = { PATH: path };
  const configFile = join(folder, "daemon.json");
  await writeFile(
    configFile,
    JSON.stringify({
      ...config,
      ...tcp?.config,
      hosts: [`unix://${socket}`, ...(tcp ? [tcp.host] : [])],
      "data-root": join(folder, "data"),
      "exec-root": join(folder, "exec"),
      pidfile: join(folder, "docker.pid"),
      bridge: await makeBridge(folder),
      // Containers need no network outside of the bridge, so the machine's packet filter stays unchanged.
      iptables: false,
      "ip-masq": false,
      "userland-proxy": false,
      "cgroup-parent": cgroupOf(folder),
      "shutdown-timeout": 2,
      "exec-opts": ["native.cgroupdriver=cgroupfs"],
    }),
  );
  let containerd: (Daemon & { socket: string }) | undefined;
  let daemon: Daemon | undefined;
  const stop = async () => {
    await daemon?.stop();
    await containerd?.stop();
    await destroyState(folder);
  };
  try {
    containerd = await startContainerd(folder, env);
    daemon = await startDaemon({
      name: "dockerd",
      command: dockerd,
      args: ["--config-file", configFile, "--containerd", containerd.socket],
      folder,
      env,
      ready: async () => (await engineApi(socket, "GET", "/_ping")).toString() === "OK",
    });
    await importBaseImage(socket);
    const { Version } = JSON.parse((await engineApi(socket, "GET", "/version")).toString());
    return {
      socket,
      host: `unix://${socket}`,
      version: Version,
      log: daemon.log,
      pid: daemon.pid,
      ...(tcp && { tcp: { host: tcp.host, tls: tcp.tls } }),
      stop,
      kill: daemon.kill,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

function debianEngine() {
  return {
    dockerd: "dockerd",
    path: process.env.PATH ?? "",
    config: { "storage-driver": "overlay2" },
  };
}

async function newEngine() {
  const runcFolder = await runc();
  return {
    dockerd: join(await dockerd29(), "dockerd"),
    // BuildKit in dockerd finds runc in PATH; containers use the runtime of the configuration.
    path: `${runcFolder}:${process.env.PATH}`,
    config: {
      runtimes: { lab: { path: join(runcFolder, "runc") } },
      "default-runtime": "lab",
      ip6tables: false,
    },
  };
}

async function tcpWithTls(folder: string) {
  const tls = await makeTestTls(join(folder, "tls"));
  const host = `tcp://127.0.0.1:${await freePort()}`;
  const config = { tlsverify: true, tlscacert: tls.ca, tlscert: tls.serverCert, tlskey: tls.serverKey };
  return { host, tls, config };
}

async function importBaseImage(socket: string): Promise<void> {
  const [repository, tag] = baseImageName.split(":") as [string, string];
  const query = new URLSearchParams({ fromSrc: "-", repo: repository, tag });
  query.append("changes", "ENV PATH=/bin");
  query.append("changes", 'CMD ["/bin/sh"]');
  const answer = await engineApi(
    socket,
    "POST",
    `/images/create?${query}`,
    await readFile(join(await baseImage(), "layer.tar")),
  );
  if (answer.includes('"error"')) throw new Error(`importing ${baseImageName}: ${answer}`);
}
