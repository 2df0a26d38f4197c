import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { startDaemon } from "./daemon.js";
import { freePort } from "./port.js";
import { pushBaseImage } from "./recipes/base-image.js";
import { must } from "./run.js";
import { destroyState, makeState } from "./state.js";

/** Address and log of a running registry, which uses plain HTTP. */
export interface Registry {
  /** `127.0.0.1:<port>`. */
  host: string;
  /** Reference of the base image in it; "" if the registry requires credentials. */
  baseImage: string;
  /** Log file, with a line for every request. */
  log: string;
}

/** A running registry that can be stopped. */
export interface RunningRegistry extends Registry {
  stop(): Promise<void>;
}

/** Credentials that a registry accepts: a password by HTTP basic authentication, or tokens of a token server. */
export type RegistryAccess =
  | { username: string; password: string }
  | { realm: string; service: string; issuer: string; rootcertbundle: string };

/** Start a registry. Without `access` it requires no credentials. */
export async function startRegistry(access?: RegistryAccess): Promise<RunningRegistry> {
  const folder = await makeState("registry");
  const host = `127.0.0.1:${await freePort()}`;
  const config = join(folder, "config.json");
  await writeFile(
    config,
    // The configuration is YAML, and JSON is valid YAML.
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

/** The registry accepts bcrypt only. Perl's crypt calls Debian's crypt(3), which supports it. */
async function htpasswd(folder: string, { username, password }: { username: string; password: string }) {
  const salt = "$2b$05$abcdefghijklmnopqrstuu";
  const { stdout } = await must("perl", ["-e", "print crypt(<STDIN>, $ARGV[0])", salt], { input: password });
  const file = join(folder, "htpasswd");
  await writeFile(file, `${username}:${stdout}\n`, { mode: 0o600 });
  return file;
}
