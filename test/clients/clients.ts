import { cp } from "node:fs/promises";
import { join } from "node:path";
import { cached } from "../lab/cache.js";
import { digestFolder } from "../lab/digest-folder.js";
import { must } from "../lab/run.js";

/** Folder of the repository. */
export const root = join(import.meta.dirname, "../..");
/** Build results and downloads. */
const made =
  /^\/(clients|sdk)\/[^/]+\/(bin|build|dist|target)(\/|$)|\/(node_modules|\.venv|__pycache__|[^/]+\.egg-info)(\/|$)/;

/** The command of a built program. */
export interface Command {
  command: string;
  args: string[];
}

/**
 * The examples of a client: the tour, whose arguments are a folder and the path of an archive, and the job, whose arguments
 * are a folder and a builder.
 */
export interface Examples {
  tour: Command;
  job: Command;
}

/** Builds the programs of each client beside its library. Returns the client's folder. */
export const buildClient = {
  go: () =>
    built("go", async (folder, env) => {
      const options = { cwd: folder, env };
      await must(
        "nice",
        ["go", "build", "-o", "bin/", "./example/...", "./conformance", "./cmd/..."],
        options,
      );
    }),
  python: () =>
    built("python", async (folder) => {
      await must("python3", ["-m", "venv", ".venv"], { cwd: folder });
      // The folder is renamed when it is complete, so scripts with absolute paths would fail.
      await must(".venv/bin/python", ["-m", "pip", "install", "--quiet", "."], { cwd: folder });
    }),
  java: () =>
    built("java", async (folder) => {
      await must("nice", ["mvn", "-q", "-B", "package"], { cwd: folder });
      const classes = "target/classes:target/lib/*";
      const args = ["javac", "-cp", classes, "-d", "target/conformance", "conformance/Client.java"];
      await must("nice", args, { cwd: folder });
    }),
};

/** Builds the examples of each client. */
export const examples: Record<string, () => Promise<Examples>> = {
  async go() {
    const bin = join(await buildClient.go(), "bin");
    const example = (name: string) => ({ command: join(bin, name), args: [] });
    return { tour: example("example"), job: example("job") };
  },
  async python() {
    const folder = await buildClient.python();
    const command = join(folder, ".venv/bin/python");
    const example = (name: string) => ({ command, args: [join(folder, "example", `${name}.py`)] });
    return { tour: example("tour"), job: example("job") };
  },
  async java() {
    const folder = await buildClient.java();
    const classes = ["target/classes", "target/lib/*"].map((path) => join(folder, path)).join(":");
    const example = (name: string) => ({
      command: "java",
      args: ["-cp", classes, join(folder, "example", `${name}.java`)],
    });
    return { tour: example("Tour"), job: example("Job") };
  },
  // The package of this repository; dist/ is built before the tests.
  async typescript() {
    const folder = join(root, "clients/typescript/example");
    const tsx = ["--import", import.meta.resolve("tsx")];
    const example = (name: string) => ({
      command: process.execPath,
      args: [...tsx, join(folder, `${name}.ts`)],
    });
    return { tour: example("tour"), job: example("job") };
  },
};

/** Builds a copy of a client, once for each version of its sources and of the protocol. */
async function built(
  name: string,
  build: (folder: string, env: NodeJS.ProcessEnv) => Promise<void>,
): Promise<string> {
  const source = join(root, "clients", name);
  const text = `${await digestFolder(source, isSource)} ${await digestFolder(join(root, "proto"), isSource)}\n`;
  const folder = await cached({
    name: `${name}-client`,
    text,
    async build(folder) {
      const client = join(folder, "clients", name);
      await cp(source, client, { recursive: true, filter: isSource });
      await cp(join(root, "proto"), join(folder, "proto"), { recursive: true });
      const env = { ...process.env, GOFLAGS: "" };
      await build(client, env);
    },
  });
  return join(folder, "clients", name);
}

/** Whether a file of a client or SDK is a source, and not made by a build. */
export function isSource(path: string): boolean {
  return !made.test(path.slice(root.length));
}
