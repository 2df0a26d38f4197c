import { cp } from "node:fs/promises";
import { join } from "node:path";
import { isSource as isClientSource } from "../clients/clients.js";
import { cached } from "../lab/cache.js";
import { digestFolder } from "../lab/digest-folder.js";
import { must } from "../lab/run.js";
import { destroyState, makeState } from "../lab/state.js";

const root = join(import.meta.dirname, "../..");
const examples = join(root, "examples");

/** Folder of the Go driver with this repository's SDK after its build script, ready to install. */
export async function goDriver(): Promise<string> {
  return builtExample("drivers/go", await goModules());
}

/** Folder of the policy engine in Go, as {@link goDriver}. */
export async function regoPolicies(): Promise<string> {
  return builtExample("policies/rego", await goModules());
}

async function goModules(): Promise<string> {
  const modules = await Promise.all(
    ["sdk/go", "clients/go"].map((name) => digestFolder(join(root, name), isClientSource)),
  );
  return modules.join(" ");
}

/** Folder of the Python driver with this repository's SDK after its build script. */
export async function pythonDriver(): Promise<string> {
  const packages = await Promise.all(
    pythonPackages.map((name) => digestFolder(join(root, name), isClientSource)),
  );
  return builtExample("drivers/python", packages.join(" "), async (build) => {
    const checkout = await makeState("python");
    await copyPythonPackages(checkout);
    await build(checkout).finally(() => destroyState(checkout));
  });
}

/** The SDK for Python and what it requires. */
const pythonPackages = ["clients/python", "sdk/python"];

/** Copies the packages, since their builds write beside the sources. */
export async function copyPythonPackages(checkout: string): Promise<void> {
  for (const name of pythonPackages)
    await cp(join(root, name), join(checkout, name), { recursive: true, filter: isClientSource });
}

/** Folder of the TypeScript driver with this repository's SDK; needs `dist/`. */
export async function typescriptDriver(): Promise<string> {
  return builtExample("drivers/typescript", await digestFolder(join(root, "src"), () => true));
}

/** Folder of the TypeScript driver that starts a BuildKit for each lease; needs `dist/`. */
export async function freshDriver(): Promise<string> {
  return builtExample("drivers/fresh", await digestFolder(join(root, "src"), () => true));
}

/** Names of the built examples in the cache, by their folders. */
const exampleNames = {
  "drivers/go": "go-driver",
  "drivers/python": "python-driver",
  "drivers/typescript": "typescript-driver",
  "drivers/fresh": "fresh-driver",
  "policies/rego": "rego-policies",
};

/**
 * Builds a copy of an example, once for each state of its sources.
 * @param uses digest of its other sources
 * @param inCheckout calls back with a checkout that has this repository's packages
 */
async function builtExample(
  name: keyof typeof exampleNames,
  uses: string,
  inCheckout: (build: (checkout: string) => Promise<void>) => Promise<void> = (build) => build(root),
): Promise<string> {
  const source = join(examples, name);
  const text = `${await digestFolder(source, isSource)} ${uses}\n`;
  const build = (folder: string) =>
    inCheckout(async (checkout) => {
      await cp(source, folder, { recursive: true, filter: isSource });
      const env = { ...process.env, GOFLAGS: "", SLIPWAY: checkout };
      await must("nice", ["sh", "./build.sh"], { cwd: folder, env });
    });
  return cached({ name: exampleNames[name], text, build });
}

/** Whether a file is a source, and not created by a build. */
function isSource(path: string): boolean {
  return !/\/(bin|\.venv|__pycache__|node_modules|dist)(\/|$)/.test(path.slice(examples.length));
}
