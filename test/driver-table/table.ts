import { type LabRecord, loadBuilderImage } from "../lab/index.js";

/** Columns that depend on the engine that loads, with titles. */
const loading = {
  loadedByDefault: "loaded automatically",
  load: "`--load`",
  loadPlatforms: "`--load` of several platforms",
} as const;

/** Columns that depend on the driver only, with titles. */
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

/** A feature by which the drivers are compared. */
export type Column = keyof typeof loading | keyof typeof building;

/** The typed error for an unsupported feature. */
export interface Refusal {
  /** Stable reason of the error, or of a warning when the build continues without the feature. */
  reason: string;
  /** Path of the field that requests it. */
  field: string;
  /** A part of the remedy. */
  remedy: string;
}

/** The settings of a new node. */
interface NodeInit {
  endpoint?: string;
  options?: Record<string, string>;
}

/** One driver on one kind of engine. */
export interface Row {
  title: string;
  driver: string;
  /** The engine of the user's environment: the docker driver builds with it, and all drivers load into its store. */
  engine: "engine20" | "engine29";
  /** The node to create a builder with; absent for drivers with implicit builders. */
  node?: (lab: Required<LabRecord>) => NodeInit | Promise<NodeInit>;
  /** A missing cell is the same as in another row of the driver. */
  cells: Partial<Record<Column, Cell>>;
}

/** Supported, or how it is refused. */
export type Cell = "yes" | Refusal;

const yesTo = <C extends Column>(columns: Record<C, string>) =>
  Object.fromEntries(Object.keys(columns).map((column) => [column, "yes"])) as Record<C, "yes">;
const loads = yesTo(loading);
const builds = yesTo(building);

const notLoaded: Refusal = { reason: "OUTPUT_NONE", field: "spec.outputs", remedy: "an image store" };
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

/** A container in the host's network, where the lab's registry listens. */
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
/** The registry listens on loopback, so the pod uses the host's network. */
const pod: Row["node"] = ({ kubernetes: { kubeconfig, image } }) => ({
  endpoint: `kubernetes://?${new URLSearchParams({ kubeconfig })}`,
  options: { image, template: "{spec: {hostNetwork: true}}" },
});
const configuredBy = (remedy: string): Refusal => ({
  reason: "DAEMON_CONFIG_UNSUPPORTED",
  field: "node.daemon_files[buildkitd.toml]",
  remedy,
});

/** The table: one row per driver, engine and option. Each cell is tested on the real backend. */
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
    cells: { ...loads, ...builds, loadedByDefault: notLoaded },
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
      loadedByDefault: notLoaded,
      configuration: configuredBy("where buildkitd runs"),
    },
  },
  {
    title: "remote",
    driver: "remote",
    engine: "engine20",
    node: buildkitd,
    cells: { ...loads, loadedByDefault: notLoaded, loadPlatforms: onePlatform },
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
    cells: { ...loads, ...builds, loadedByDefault: notLoaded },
  },
  {
    title: "kubernetes",
    driver: "kubernetes",
    engine: "engine20",
    node: pod,
    cells: { ...loads, loadedByDefault: notLoaded, loadPlatforms: onePlatform },
  },
];

const stores = { engine20: "classic store", engine29: "containerd store" };

/** The table for the documentation, in Markdown: the features of the drivers, and which images they load. */
export function markdown(): string {
  const complete = rows.filter(({ cells }) => Object.keys(building).every((column) => column in cells));
  const byEngine = (row: Row) => complete.filter(({ driver }) => driver === row.driver).length > 1;
  const heads = complete.map((row) => (byEngine(row) ? `${row.title}, ${stores[row.engine]}` : row.title));
  const lines = Object.entries(building).map(([column, title]) => [
    title,
    ...complete.map(({ cells }) => show(cells[column as Column])),
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
