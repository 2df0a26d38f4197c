import { startBuildkitd } from "./buildkitd.js";
import { startEngine } from "./engine.js";
import { startKubernetes } from "./kubernetes/cluster.js";
import { buildx } from "./recipes/buildx.js";
import type { BackendName, LabRecord } from "./record.js";
import { startRegistry } from "./registry.js";

/** One running part of a lab. */
export interface Running<Name extends BackendName> {
  /** What tests learn about it. */
  record: NonNullable<LabRecord[Name]>;
  stop(): Promise<void>;
}

/** How to start each backend, in the order in which they are built. */
export const backends: { [Name in BackendName]: () => Promise<Running<Name>> } = {
  engine20: async () => running(await startEngine(20)),
  registry: async () => running(await startRegistry()),
  buildkitd: async () => running(await startBuildkitd()),
  engine29: async () => {
    const { tcp, ...engine } = await startEngine(29, { tcp: true });
    return running({ ...engine, tcp: tcp! });
  },
  kubernetes: async () => {
    const { killApi: _, startApi: __, freezeKubelet: ___, ...cluster } = await startKubernetes();
    return running(cluster);
  },
  buildx: async () => ({ record: await buildx(), stop: async () => {} }),
};

/** Separate the functions, such as `stop`, from the data that can be written as JSON. */
function running<T extends { stop(): Promise<void>; kill?: unknown }>({ stop, kill: _, ...record }: T) {
  return { record, stop };
}
