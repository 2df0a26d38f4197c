import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Output } from "./output.js";
import type { RegistryPackage } from "./registry-package.js";

/**
 * Writes a list of all that the packages contain, in CycloneDX's JSON, and returns its name: the modules of
 * package-lock.json, bundled or not, and the packages with Node.js.
 */
export async function writeSbom(output: Output, runtimes: readonly RegistryPackage[]): Promise<string> {
  const args = ["sbom", "--omit", "dev", "--package-lock-only", "--sbom-format", "cyclonedx"];
  const { stdout } = await promisify(execFile)("npm", args, { cwd: output.root, maxBuffer: 1 << 26 });
  const sbom = JSON.parse(stdout);
  // A random number, and the version of npm: they would differ between two runs.
  delete sbom.serialNumber;
  delete sbom.metadata.tools;
  sbom.metadata.timestamp = output.mtime.toISOString();
  sbom.metadata.component.name = "slipway";
  sbom.metadata.component.type = "application";
  const nodes = runtimes.map(({ name, version, integrity }) => ({
    "bom-ref": `${name}@${version}`,
    type: "platform",
    name,
    version,
    scope: "required",
    purl: `pkg:npm/${name}@${version}`,
    cpe: `cpe:2.3:a:nodejs:node.js:${version}:*:*:*:*:*:*:*`,
    hashes: [
      { alg: "SHA-512", content: Buffer.from(integrity.slice("sha512-".length), "base64").toString("hex") },
    ],
    licenses: [{ license: { id: "MIT" } }],
  }));
  sbom.components.push(...nodes);
  const refs = nodes.map((node) => node["bom-ref"]);
  const own = sbom.dependencies.find(
    ({ ref }: { ref: string }) => ref === sbom.metadata.component["bom-ref"],
  );
  own.dependsOn.push(...refs);
  sbom.dependencies.push(...refs.map((ref) => ({ ref, dependsOn: [] })));
  const name = `slipway-${output.version}.cdx.json`;
  await writeFile(join(output.folder, name), `${JSON.stringify(sbom, undefined, 2)}\n`);
  return name;
}
