import { spawn } from "node:child_process";
import { join } from "node:path";
import type { Readable } from "node:stream";
import type { NodeConfig } from "slipway/driver";
import { pack } from "tar-stream";
import { folderOf } from "./node-folder.js";

/** How long a run may take to clean up after SIGTERM, in milliseconds. */
const killMs = 5_000;

/**
 * Buildah writes secrets into the folder of its working containers. Therefore that folder is a tmpfs, in a mount
 * namespace that ends with this script. The files for Buildah are there too; they come through standard input.
 * Remaining working containers are removed at the end, since their layers are on the disk.
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

/** Options of a run of Buildah. */
export interface BuildahOptions {
  config: NodeConfig;
  /** Shell command; `$@` has the arguments, and `$FILES` the folder of the files. */
  command: string;
  args?: string[];
  /** Files by name; they are only in memory. */
  files?: Record<string, string | Uint8Array>;
  signal: AbortSignal;
}

/** A run of Buildah. */
export interface BuildahRun {
  stdout: Readable;
  stderr: Readable;
  /** Resolves with the exit status when all processes of the run have ended. */
  ended: Promise<number>;
}

/** Runs Buildah on a node's storage. The run ends when the signal aborts or this process dies. */
export function runBuildah({ config, command, args = [], files = {}, signal }: BuildahOptions): BuildahRun {
  const { storage, containers, temporary } = folderOf(config);
  const namespace = isRoot ? ["unshare", "--mount"] : ["buildah", "unshare"];
  const shell = [...namespace, "sh", "-c", script, "slipway", containers, command, ...args];
  const child = spawn("setpriv", ["--pdeathsig=TERM", "--", ...shell], {
    stdio: ["pipe", "pipe", "pipe"],
    detached: true,
    env: { ...process.env, TMPDIR: temporary },
  });
  child.stdin.on("error", () => {}); // The exit status has the reason.
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
  ended.catch(() => {}); // Callers that await it get the error.
  return { stdout: child.stdout, stderr: child.stderr, ended };
}

/** Whether this process can create mount namespaces without a user namespace. */
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
