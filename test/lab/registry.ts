import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { startDaemon } from "./daemon.js";
import { ensurePackages } from "./packages.js";
import { freePort } from "./port.js";
import { pushBaseImage } from "./recipes/base-image.js";
import { must } from "./run.js";
import { destroyState, makeState } from "./state.js";

/** Where a registry of the lab answers, in plain http. */
export interface Registry {
  /** `127.0.0.1:<port>`. */
  host: string;
  /** Reference of the base image in it; "" in a registry that asks for credentials. */
  baseImage: string;
  /** Log file, with a line for every request. */
  log: string;
}

/** A registry and the way to end it. */
export interface RunningRegistry extends Registry {
  stop(): Promise<void>;
}

/** Start a registry; with `credentials` it answers only those who show them by HTTP basic authentication. */
export async function startRegistry(credentials?: {
  username: string;
  password: string;
}): Promise<RunningRegistry> {
  await ensurePackages(["docker-registry"]);
  const folder = await makeState("registry");
  const host = `127.0.0.1:${await freePort()}`;
  const config = join(folder, "config.json");
  await writeFile(
    config,
    // The configuration is YAML, of which JSON is a part.
    JSON.stringify({
      version: "0.1",
      storage: { filesystem: { rootdirectory: join(folder, "data") }, delete: { enabled: true } },
      http: { addr: host },
      ...(credentials && { auth: { htpasswd: { realm: "lab", path: await htpasswd(folder, credentials) } } }),
    }),
  );
  const expected = credentials ? 401 : 200;
  const daemon = await startDaemon({
    name: "registry",
    command: "docker-registry",
    args: ["serve", config],
    folder,
    ready: async () => (await fetch(`http://${host}/v2/`)).status === expected,
  });
  const stop = async () => {
    await daemon.stop();
    await destroyState(folder);
  };
  try {
    return { host, baseImage: credentials ? "" : await pushBaseImage(host), log: daemon.log, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** The registry takes bcrypt only; Debian's crypt(3), which Perl hands out, knows it. */
async function htpasswd(folder: string, { username, password }: { username: string; password: string }) {
  const salt = "$2b$05$abcdefghijklmnopqrstuu";
  const { stdout } = await must("perl", ["-e", "print crypt(<STDIN>, $ARGV[0])", salt], { input: password });
  const file = join(folder, "htpasswd");
  await writeFile(file, `${username}:${stdout}\n`, { mode: 0o600 });
  return file;
}
