import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { startDaemon } from "./daemon.js";
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

/** Whom a registry answers: those who show a password by HTTP basic authentication, or a token of a token server. */
export type RegistryAccess =
  | { username: string; password: string }
  | { realm: string; service: string; issuer: string; rootcertbundle: string };

/** Start a registry, for everybody unless `access` says for whom. */
export async function startRegistry(access?: RegistryAccess): Promise<RunningRegistry> {
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
      ...(access && { auth: await authOf(folder, access) }),
    }),
  );
  const expected = access ? 401 : 200;
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
    return { host, baseImage: access ? "" : await pushBaseImage(host), log: daemon.log, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function authOf(folder: string, access: RegistryAccess) {
  if ("realm" in access) return { token: access };
  return { htpasswd: { realm: "lab", path: await htpasswd(folder, access) } };
}

/** The registry takes bcrypt only; Debian's crypt(3), which Perl hands out, knows it. */
async function htpasswd(folder: string, { username, password }: { username: string; password: string }) {
  const salt = "$2b$05$abcdefghijklmnopqrstuu";
  const { stdout } = await must("perl", ["-e", "print crypt(<STDIN>, $ARGV[0])", salt], { input: password });
  const file = join(folder, "htpasswd");
  await writeFile(file, `${username}:${stdout}\n`, { mode: 0o600 });
  return file;
}
