import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fromJson, type JsonValue } from "@bufbuild/protobuf";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  checks,
  formatResult,
  formatSummary,
  type Outcome,
  type Report,
  runConformance,
} from "../../src/conformance/index.js";
import { NodeConfigSchema } from "../../src/gen/slipway/driver/v1/node_pb.js";
import { manifestName, parseManifest } from "../../src/host/plugins/manifest.js";
import { nodeOn } from "../docker-container-driver/harness.js";
import { goDriver, pythonDriver } from "../example-drivers/examples.js";
import { lab } from "../lab/index.js";
import { stateVariable } from "../lab/processes.js";
import { buildkit } from "../lab/recipes/buildkit.js";
import { runc } from "../lab/recipes/runc.js";
import { cgroupOf, destroyState, makeState } from "../lab/state.js";

const root = join(import.meta.dirname, "../..");

let folder: string;
beforeAll(async () => {
  folder = await makeState("conf");
  process.env.XDG_STATE_HOME = join(folder, "s");
  process.env[stateVariable] = folder;
}, 600_000);
afterAll(() => destroyState(folder));

/** A driver of ours: the folder of its plugin, and a node to try it with. */
interface Subject {
  driver: string;
  folder(): Promise<string> | string;
  config(): Promise<JsonValue> | JsonValue;
}

const subjects: Subject[] = [
  {
    driver: "docker",
    folder: () => join(root, "plugins/docker"),
    config: () => ({ builder: "default", node: "default", endpoint: lab().engine29.host }),
  },
  {
    driver: "docker-container",
    folder: () => join(root, "plugins/docker-container"),
    async config() {
      const { endpoint, options } = await nodeOn(lab().engine29);
      return { endpoint, options };
    },
  },
  {
    driver: "kubernetes",
    folder: () => join(root, "plugins/kubernetes"),
    config() {
      const { kubeconfig, image } = lab().kubernetes;
      return { endpoint: `kubernetes://?${new URLSearchParams({ kubeconfig })}`, options: { image } };
    },
  },
  {
    driver: "remote",
    folder: () => join(root, "plugins/remote"),
    config: () => ({ endpoint: lab().buildkitd.address }),
  },
  {
    driver: "process",
    folder: goDriver,
    async config() {
      const toml = `[worker.oci]\ndefaultCgroupParent = "${cgroupOf(folder)}"\n`;
      return {
        options: { buildkitd: join(await buildkit(), "buildkitd"), runc: join(await runc(), "runc") },
        daemonFiles: { "buildkitd.toml": Buffer.from(toml).toString("base64") },
      };
    },
  },
  {
    driver: "pool",
    folder: pythonDriver,
    config: () => ({ options: { members: `tcp://127.0.0.1:1,${lab().buildkitd.address}` } }),
  },
];

const reports: Report[] = [];

test.each(subjects)(
  "the driver $driver keeps the rules",
  async ({ driver, folder, config }) => {
    const cwd = await folder();
    const machine = { platform: process.platform, arch: process.arch, node: process.execPath };
    const { command } = parseManifest(readFileSync(join(cwd, manifestName), "utf8"), cwd, machine);
    const backend = { config: fromJson(NodeConfigSchema, await config()), environment: {} };
    const report = await runConformance({ command: command!, cwd, driver, backend });
    reports.push(report);
    const wrong = report.results.filter(({ outcome }) => outcome !== "passed" && outcome !== "skipped");
    expect(wrong.map(formatResult).join("")).toBe("");
  },
  600_000,
);

test("docs/conformance.md has the table as it is", async () => {
  process.stdout.write(`${reports.map(formatSummary).join("")}\n`);
  const path = join(root, "docs/conformance.md");
  const text = readFileSync(path, "utf8");
  const marker = "<!-- What follows is made by test/conformance/drivers.test.ts -->\n";
  expect(text).toContain(marker);
  const prose = text.slice(0, text.indexOf(marker) + marker.length);
  await expect(`${prose}\n${table()}`).toMatchFileSnapshot(path);
});

const marks: Record<Outcome, string> = {
  passed: "✓",
  failed: "✗",
  warned: "!",
  skipped: "–",
  "not-run": "·",
};

function table(): string {
  const head = ["check", "a plugin that passes", ...reports.map(({ driver }) => driver)];
  const rows = checks.map(({ id, title, rule, level }) => [
    `[${id}](driver-protocol.md#${rule})`,
    `${title}${level === "SHOULD" ? " (SHOULD)" : ""}`,
    ...reports.map(({ results }) => marks[results.find((one) => one.id === id)!.outcome]),
  ]);
  const line = (cells: string[]) => `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |\n`;
  return [head, head.map(() => "---"), ...rows].map(line).join("");
}
