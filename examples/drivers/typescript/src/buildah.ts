import { spawn } from "node:child_process";
import { join } from "node:path";
import type { Readable } from "node:stream";
import type { NodeConfig } from "slipway/driver";
import { pack } from "tar-stream";
import { folderOf } from "./node-folder.js";

/** So long a run that was told to end may take to clean up, in milliseconds. */
const killMs = 5_000;

/**
 * Buildah writes secrets into the folder of its working containers. So that folder is a file system in memory, in a
 * mount namespace that ends with this script; the files that Buildah is given come there too, through standard input.
 * Working containers that are left have layers on the disk, so they are removed before.
 */
const script = `
set -eu
containers=$1 command=$2
shift 2
mount -t tmpfs -o mode=0700 slipway "$containers"
export FILES="$containers/files"
mkdir "$FILES"
tar -xf - -C "$FILES"
export CONTAINERS_STORAGE_CONF="$FILES/storage.conf" CONTAINERS_REGISTRIES_CONF="$FILES/registries.conf"
export REGISTRY_AUTH_FILE="$FILES/auth.json"
sh -euc "$command" buildah "$@" </dev/null &
child=$!
trap 'kill -TERM $child 2>/dev/null || :' TERM
status=0
while kill -0 $child 2>/dev/null; do wait $child && status=0 || status=$?; done
buildah rm --all >/dev/null 2>&1 || :
exit $status
`;

/** How Buildah is run. */
export interface BuildahOptions {
  config: NodeConfig;
  /** Shell command; `$@` are the arguments, and `$FILES` is the folder of the files. */
  command: string;
  args?: string[];
  /** Files for it, by name; they are never on a disk. */
  files?: Record<string, string | Uint8Array>;
  signal: AbortSignal;
}

/** A run of Buildah. */
export interface BuildahRun {
  stdout: Readable;
  stderr: Readable;
  /** Resolves with the exit status when nothing of it runs any more. */
  ended: Promise<number>;
}

/** Runs Buildah on a node's storage. It ends when the signal aborts, and when this process dies. */
export function runBuildah({ config, command, args = [], files = {}, signal }: BuildahOptions): BuildahRun {
  const { storage, containers, temporary } = folderOf(config);
  const namespace = isRoot ? ["unshare", "--mount"] : ["buildah", "unshare"];
  const shell = [...namespace, "sh", "-c", script, "slipway", containers, command, ...args];
  const child = spawn("setpriv", ["--pdeathsig=TERM", "--", ...shell], {
    stdio: ["pipe", "pipe", "pipe"],
    detached: true,
    env: { ...process.env, TMPDIR: temporary },
  });
  child.stdin.on("error", () => {}); // Its exit status says more.
  const archive = pack();
  const all = {
    "storage.conf": storageConf(config, storage, containers),
    "registries.conf": registriesConf(config),
    "policy.json": JSON.stringify({ default: [{ type: "insecureAcceptAnything" }] }),
    "auth.json": "{}",
    ...files,
  };
  for (const [name, content] of Object.entries(all)) archive.entry({ name, mode: 0o600 }, content);
  archive.finalize();
  archive.pipe(child.stdin);

  let timer: NodeJS.Timeout | undefined;
  const stop = () => {
    child.kill("SIGTERM");
    timer = setTimeout(() => process.kill(-child.pid!, "SIGKILL"), killMs);
  };
  signal.addEventListener("abort", stop);
  if (signal.aborted) stop();
  const ended = new Promise<number>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => resolve(code ?? 1));
  }).finally(() => {
    clearTimeout(timer);
    signal.removeEventListener("abort", stop);
  });
  ended.catch(() => {}); // Whoever waits for it sees it.
  return { stdout: child.stdout, stderr: child.stderr, ended };
}

/** This process may make mount namespaces without a user namespace. */
export const isRoot = process.getuid?.() === 0;

function storageConf({ options }: NodeConfig, storage: string, containers: string): string {
  return `[storage]
driver = ${JSON.stringify(options["storage-driver"])}
graphroot = ${JSON.stringify(storage)}
rootless_storage_path = ${JSON.stringify(storage)}
runroot = ${JSON.stringify(join(containers, "run"))}
`;
}

function registriesConf({ options }: NodeConfig): string {
  const insecure = (options["insecure-registries"] ?? "").split(",").filter(Boolean);
  return [
    'unqualified-search-registries = ["docker.io"]',
    'short-name-mode = "permissive"',
    ...insecure.map((location) => `[[registry]]\nlocation = ${JSON.stringify(location)}\ninsecure = true`),
  ].join("\n");
}
