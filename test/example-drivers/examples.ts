import { cp } from "node:fs/promises";
import { join } from "node:path";
import { cached } from "../lab/cache.js";
import { digestFolder } from "../lab/digest-folder.js";
import { must } from "../lab/run.js";

const examples = join(import.meta.dirname, "../../examples/drivers");

const proto = join(examples, "../../proto");

/** Folder of the Go driver as its build script leaves it, ready to be a plugin. */
export function goDriver(): Promise<string> {
  return builtExample("go");
}

/** Folder of the Python driver as its build script leaves it. */
export function pythonDriver(): Promise<string> {
  return builtExample("python");
}

/** Builds an example in a copy of it, once for each state of its sources and of the protocol. */
async function builtExample(name: string): Promise<string> {
  const source = join(examples, name);
  const text = `${await digestFolder(source, isSource)} ${await digestFolder(proto, isSource)}\n`;
  const build = async (folder: string) => {
    await cp(source, folder, { recursive: true, filter: isSource });
    const env = { ...process.env, PROTO: proto, PATH: `${process.env.PATH}:/usr/local/go/bin`, GOFLAGS: "" };
    await must("nice", ["sh", "./build.sh"], { cwd: folder, env });
  };
  return cached({ name: `${name}-driver`, text, build });
}

/** What a build makes is not what it is made of. */
function isSource(path: string): boolean {
  return (
    !/\/(bin|\.venv|__pycache__)(\/|$)/.test(path.slice(examples.length)) && !/\/python\/gen(\/|$)/.test(path)
  );
}
