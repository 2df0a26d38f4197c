import type { Entry } from "./archive.js";
import { type RegistryPackage, registryFiles } from "./registry-package.js";

const files = [{ path: "bin/node", executable: true }, { path: "LICENSE" }];

/** Node.js and its licence, from a package of the registry with Node.js for one platform. */
export async function runtimeEntries(runtime: RegistryPackage): Promise<Entry[]> {
  const packed = await registryFiles(runtime);
  return files.map(({ path, executable }) => {
    const bytes = packed.get(path);
    if (!bytes) throw new Error(`${runtime.name}@${runtime.version} lacks ${path}`);
    return { path: `runtime/${path}`, executable, read: async () => bytes };
  });
}
