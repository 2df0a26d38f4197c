import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const read = (path: string) => readFileSync(path, "utf8");
const { engines, devDependencies, version } = JSON.parse(read("package.json"));

test("the Node version for development is the lowest supported version", () => {
  const lowest = read(".nvmrc").trim();
  expect(engines.node).toBe(`>=${lowest}`);
  const [major] = lowest.split(".");
  expect(devDependencies["@types/node"]).toMatch(new RegExp(`^\\^${major}\\.`));
});

test("all released packages have the same version", () => {
  const plugins = JSON.parse(read("package-lock.json")).packages;
  const folders = Object.keys(plugins).filter(
    (folder) => folder.startsWith("plugins/") && !folder.includes("node_modules"),
  );
  expect(folders.length).toBeGreaterThan(3);
  for (const folder of folders) {
    expect(JSON.parse(read(`${folder}/package.json`)).version).toBe(version);
    expect(JSON.parse(read(`${folder}/slipway-plugin.json`)).version).toBe(version);
  }
  expect(read("deploy/helm/slipway/Chart.yaml")).toContain(`\nversion: ${version}\nappVersion: ${version}\n`);
  expect(read("clients/python/pyproject.toml")).toContain(`version = "${version}"`);
  expect(read("clients/python/pyproject.toml")).toContain(`"slipway-host==${version}"`);
  expect(read("scripts/package/python-host/pyproject.toml")).toContain(`version = "${version}"`);
  expect(read("clients/python/src/slipway_client/_client.py")).toContain(`\n_VERSION = "${version}"\n`);
  expect(read("sdk/python/pyproject.toml")).toContain(`version = "${version}"`);
  expect(read("sdk/python/pyproject.toml")).toContain(`"slipway-client==${version}"`);
  expect(read("clients/go/client.go")).toContain(`\nconst version = "${version}"\n`);
  expect(read("sdk/go/go.mod")).toContain(`slipway.dev/client v${version}\n`);
  const java = read("clients/java/src/main/java/dev/slipway/client/Slipway.java");
  expect(java).toContain(` String VERSION = "${version}";\n`);
  expect(read("clients/java/pom.xml")).toContain(`<version>${version}</version>`);
});

test("nothing gives an address of the domain slipway.dev, which the project does not own", () => {
  const made = /\/(node_modules|dist|target|\.venv|__pycache__|gen)\//;
  const folders = [
    "bench",
    "clients",
    "docs",
    "examples",
    "plugins",
    "proto",
    "scripts",
    "sdk",
    "src",
    "test",
  ];
  const below = folders.flatMap((folder) =>
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name)),
  );
  const pages = ["README.md", "CONTRIBUTING.md", "RELEASING.md", "SECURITY.md", "package.json"];
  const files = [...pages, ...below.filter((path) => !made.test(path))];
  expect(files.length).toBeGreaterThan(1000);
  expect(files.filter((path) => /(:\/\/|@)([\w-]+\.)*slipway\.dev\b/.test(read(path)))).toEqual([]);
});
