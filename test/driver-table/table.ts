import { type LabRecord, loadBuilderImage } from "../lab/index.js";

/** What depends on the engine that loads, with titles. */
const loading = {
  loadedByItself: "loaded automatically",
  load: "`--load`",
  loadPlatforms: "`--load` of several platforms",
} as const;

/** What depends on the driver alone, with titles. */
const building = {
  push: "`--push`",
  pushPlatforms: "multi-platform images",
  dockerArchive: "tarball: `type=docker,dest=…`",
  ociArchive: "tarball: `type=oci,dest=…`",
  cacheInline: "cache export: `inline`",
  cacheRegistry: "cache export: `registry`",
  cacheLocal: "cache export: `local`",
  configuration: "BuildKit configuration",
} as const;

/** One thing to compare the drivers by. */
export type Column = keyof typeof loading | keyof typeof building;

/** The typed answer to what cannot be done. */
export interface Refusal {
  /** Stable reason of an error, or of a warning where the build goes on without it. */
  reason: string;
  /** Path of the field that asks for it. */
  field: string;
  /** Part of what it says to do. */
  remedy: string;
}

/** A node as it is created. */
interface NodeInit {
  endpoint?: string;
  options?: Record<string, string>;
}

/** One driver on one kind of engine. */
export interface Row {
  title: string;
  driver: string;
  /** The engine of the user's environment: the docker driver's own, and the one into whose store is loaded. */
  engine: "engine20" | "engine29";
  /** The node to create a builder with; absent for drivers whose builders exist by themselves. */
  node?: (lab: Required<LabRecord>) => NodeInit | Promise<NodeInit>;
  /** What is not mentioned does not differ from another row of the driver. */
  cells: Partial<Record<Column, Cell>>;
}

/** It can be done, or how it is refused. */
export type Cell = "yes" | Refusal;

const yesTo = <C extends Column>(columns: Record<C, string>) =>
  Object.fromEntries(Object.keys(columns).map((column) => [column, "yes"])) as Record<C, "yes">;
const loads = yesTo(loading);
const builds = yesTo(building);

const notByItself: Refusal = { reason: "OUTPUT_NONE", field: "spec.outputs", remedy: "an image store" };
const onePlatform: Refusal = {
  reason: "FEATURE_UNSUPPORTED",
  field: "spec.platforms",
  remedy: "containerd image store",
};
const needsStore = (field: string): Refusal => ({
  reason: "FEATURE_UNSUPPORTED",
  field,
  remedy: "turn on the containerd image store",
});

/** A container in the host's network, where the lab's registry is. */
const container =
  (options?: NodeInit["options"]): Row["node"] =>
  async ({ engine29 }) => ({
    endpoint: engine29.host,
    options: { image: await loadBuilderImage(engine29), network: "host", ...options },
  });
const defaultLoad = { "default-load": "true" };

const buildkitd: Row["node"] = ({ buildkitd: { address } }) => ({ endpoint: address });
const loadingBuildkitd: Row["node"] = ({ buildkitd: { address } }) => ({
  endpoint: address,
  options: defaultLoad,
});
/** The registry listens on this machine's loopback, so the pod has to see it. */
const pod: Row["node"] = ({ kubernetes: { kubeconfig, image } }) => ({
  endpoint: `kubernetes://?${new URLSearchParams({ kubeconfig })}`,
  options: { image, template: "{spec: {hostNetwork: true}}" },
});
const configuredBy = (remedy: string): Refusal => ({
  reason: "DAEMON_CONFIG_UNSUPPORTED",
  field: "node.daemon_files[buildkitd.toml]",
  remedy,
});

/** The table: one row per driver, engine and option. Each is walked on the real thing. */
export const rows: Row[] = [
  {
    title: "docker",
    driver: "docker",
    engine: "engine20",
    cells: {
      ...loads,
      ...builds,
      loadPlatforms: needsStore("spec.platforms"),
      pushPlatforms: needsStore("spec.platforms"),
      dockerArchive: needsStore("spec.outputs[0]"),
      ociArchive: needsStore("spec.outputs[0]"),
      cacheRegistry: needsStore("spec.cache_to[0]"),
      cacheLocal: needsStore("spec.cache_to[0]"),
      configuration: configuredBy("daemon.json"),
    },
  },
  {
    title: "docker",
    driver: "docker",
    engine: "engine29",
    cells: { ...loads, ...builds, configuration: configuredBy("daemon.json") },
  },
  {
    title: "docker-container",
    driver: "docker-container",
    engine: "engine29",
    node: container(),
    cells: { ...loads, ...builds, loadedByItself: notByItself },
  },
  {
    title: "docker-container with `default-load`",
    driver: "docker-container",
    engine: "engine29",
    node: container(defaultLoad),
    cells: loads,
  },
  {
    title: "docker-container with `default-load`",
    driver: "docker-container",
    engine: "engine20",
    node: container(defaultLoad),
    cells: { ...loads, loadPlatforms: onePlatform },
  },
  {
    title: "remote",
    driver: "remote",
    engine: "engine29",
    node: buildkitd,
    cells: {
      ...loads,
      ...builds,
      loadedByItself: notByItself,
      configuration: configuredBy("where buildkitd runs"),
    },
  },
  {
    title: "remote",
    driver: "remote",
    engine: "engine20",
    node: buildkitd,
    cells: { ...loads, loadedByItself: notByItself, loadPlatforms: onePlatform },
  },
  {
    title: "remote with `default-load`",
    driver: "remote",
    engine: "engine29",
    node: loadingBuildkitd,
    cells: loads,
  },
  {
    title: "remote with `default-load`",
    driver: "remote",
    engine: "engine20",
    node: loadingBuildkitd,
    cells: { ...loads, loadPlatforms: onePlatform },
  },
  {
    title: "kubernetes",
    driver: "kubernetes",
    engine: "engine29",
    node: pod,
    cells: { ...loads, ...builds, loadedByItself: notByItself },
  },
  {
    title: "kubernetes",
    driver: "kubernetes",
    engine: "engine20",
    node: pod,
    cells: { ...loads, loadedByItself: notByItself, loadPlatforms: onePlatform },
  },
];

const stores = { engine20: "classic store", engine29: "containerd store" };

/** The table as documentation has it, in Markdown: what drivers can do, and what of their images is loaded. */
export function markdown(): string {
  const whole = rows.filter(({ cells }) => Object.keys(building).every((column) => column in cells));
  const byEngine = (row: Row) => whole.filter(({ driver }) => driver === row.driver).length > 1;
  const heads = whole.map((row) => (byEngine(row) ? `${row.title}, ${stores[row.engine]}` : row.title));
  const lines = Object.entries(building).map(([column, title]) => [
    title,
    ...whole.map(({ cells }) => show(cells[column as Column])),
  ]);
  const loadLines = rows.map(({ title, engine, cells }) => [
    title,
    stores[engine],
    ...Object.keys(loading).map((column) => show(cells[column as Column])),
  ]);
  return [
    table(["", ...heads], lines),
    table(["driver", "loads into", ...Object.values(loading)], loadLines),
  ].join("\n\n");
}

const show = (cell: Cell | undefined) => (cell === "yes" ? "yes" : `no: \`${cell?.reason}\``);

function table(heads: string[], lines: string[][]): string {
  return [heads, heads.map(() => "---"), ...lines].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}
