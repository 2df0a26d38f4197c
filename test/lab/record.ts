import type { Buildkitd } from "./buildkitd.js";
import type { Engine } from "./engine.js";
import type { Kubernetes } from "./kubernetes/cluster.js";
import type { Registry } from "./registry.js";

/** What a lab offers, as plain data: it travels from the lab's process to the tests' as JSON. */
export interface LabRecord {
  /** Process that keeps the lab up; it takes the lab down on SIGTERM. */
  pid: number;
  /** Docker 20.10, graph-driver image store, unix socket. */
  engine20?: Engine;
  /** Docker 29 line, containerd image store, unix socket and TCP with mutual TLS. */
  engine29?: Engine & Required<Pick<Engine, "tcp">>;
  /** Current BuildKit on a unix socket. */
  buildkitd?: Buildkitd;
  registry?: Registry;
  /** Kubernetes of one node, with a kubelet and containerd of its own. */
  kubernetes?: Kubernetes;
  /** Path of the peer's binary. */
  buildx?: string;
}

/** What can be asked for by name. */
export type BackendName = Exclude<keyof LabRecord, "pid">;
