import { cp } from "node:fs/promises";
import { join } from "node:path";
import { cached } from "../lab/cache.js";
import { digestFolder } from "../lab/digest-folder.js";
import { must } from "../lab/run.js";

const examples = join(import.meta.dirname, "../../examples/drivers");

const root = join(examples, "../..");
const proto = join(root, "proto");

/** Folder of the Go driver after its build script, ready to install. */
export function goDriver(): Promise<string> {
  return builtExample("go");
}

/** Folder of the Python driver after its build script. */
export function pythonDriver(): Promise<string> {
  return builtExample("python");
}

/** Folder of the TypeScript driver with this repository's SDK; needs `dist/`. */
export async function typescriptDriver(): Promise<string> {
  return builtExample("typescript", await digestFolder(join(root, "src"), () => true));
}

/**
 * Builds a copy of an example, once for each state of its sources and of the protocol.
 * @param uses digest of its other sources
 */
async function builtExample(name: string, uses = ""): Promise<string> {
  const source = join(examples, name);
  const text = `${await digestFolder(source, isSource)} ${await digestFolder(proto, isSource)} ${uses}\n`;
  const build = async (folder: string) => {
    await cp(source, folder, { recursive: true, filter: isSource });
    const env = {
      ...process.env,
      PROTO: proto,
      GOFLAGS: "",
      SLIPWAY: root,
    };
    await must("nice", ["sh", "./build.sh"], { cwd: folder, env });
  };
  return cached({ name: `${name}-driver`, text, build });
}

/** Whether a file is a source, and not created by a build. */
function isSource(path: string): boolean {
  return (
    !/\/(bin|\.venv|__pycache__|node_modules|dist)(\/|$)/.test(path.slice(examples.length)) &&
    !/\/python\/gen(\/|$)/.test(path)
  );
}
