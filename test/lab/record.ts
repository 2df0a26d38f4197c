import type { Buildkitd } from "./buildkitd.js";
import type { Engine } from "./engine.js";
import type { Kubernetes } from "./kubernetes/cluster.js";
import type { Registry } from "./registry.js";

/** The backends of a lab, as plain data: the lab's process passes it to the tests as JSON. */
export interface LabRecord {
  /** Process that keeps the lab running; it stops the lab on SIGTERM. */
  pid: number;
  /** Docker 20.10, graph-driver image store, unix socket. */
  engine20?: Engine;
  /** Docker 29, containerd image store, unix socket and TCP with mutual TLS. */
  engine29?: Engine & Required<Pick<Engine, "tcp">>;
  /** Current BuildKit on a unix socket. */
  buildkitd?: Buildkitd;
  registry?: Registry;
  /** Kubernetes with one node, its own kubelet and containerd. */
  kubernetes?: Kubernetes;
  /** Path of the buildx binary. */
  buildx?: string;
}

/** Names of the backends. */
export type BackendName = Exclude<keyof LabRecord, "pid">;
