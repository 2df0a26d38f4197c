import { readFileSync } from "node:fs";
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
  expect(read("clients/python/pyproject.toml")).toContain(`version = "${version}"`);
  expect(read("clients/java/pom.xml")).toContain(`<version>${version}</version>`);
});
