/** What metrics read of a host when they are collected. */
export interface MetricSources {
  /** How many builds run, by whether their nodes are ready. */
  builds(): { pending: number; executing: number };
  /** How many nodes have an open lease, by whether builds use them. */
  nodes(): { busy: number; available: number };
  /** The plugins, with the name of their state in lower case. */
  plugins(): { name: string; state: string; restarts: number }[];
  /** The kept builds, and the bytes of the store and those that are free on its disk. */
  store(): { builds: number; bytes: number; freeBytes: number };
}
