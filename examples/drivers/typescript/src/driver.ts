import { access, rm } from "node:fs/promises";
import {
  Code,
  driverError,
  type NativeDriver,
  type NodeConfig,
  NodeState,
  type NodeStatusInit,
  unreachable,
  validateNode,
  verdict,
} from "slipway/driver";
import { build } from "./build.js";
import { isRoot, runBuildah } from "./buildah.js";
import { check } from "./check.js";
import { descriptor } from "./descriptor.js";
import { bootedWith, folderOf, makeFolders, markBooted } from "./node-folder.js";
import { output } from "./program.js";

/** Builds with Buildah. A node is a folder with layers. */
export const buildahDriver: NativeDriver = {
  descriptor,
  validate: async (config) => verdict(validateNode(descriptor, config)),
  async bootstrap(config, { signal, progress }) {
    const step = { id: "storage", name: "[internal] preparing Buildah's storage" };
    progress(step);
    await version(signal);
    await makeFolders(folderOf(config));
    const { stdout, stderr, ended } = runBuildah({ config, command: "exec buildah images --quiet", signal });
    stdout.resume();
    const errors = (await stderr.toArray()).join("");
    if ((await ended) !== 0) {
      signal.throwIfAborted();
      throw storageUnusable(errors);
    }
    await markBooted(config);
    progress({ ...step, done: true });
    return inspect(config, signal);
  },
  inspect: (config, { signal }) => inspect(config, signal),
  async remove(config, { keepState, signal }) {
    const { path, temporary, marker } = folderOf(config);
    const removed = keepState ? [temporary, marker] : [path];
    // Without root the layers belong to users of Buildah's namespace.
    if (!isRoot) await output("buildah", ["unshare", "rm", "-rf", ...removed], signal);
    for (const file of removed) await rm(file, { recursive: true, force: true });
    return { removed, kept: keepState ? [path] : [] };
  },
  nativeBuilder: { check, build },
};

async function inspect(config: NodeConfig, signal: AbortSignal): Promise<NodeStatusInit> {
  let backend: string;
  try {
    backend = await version(signal);
  } catch (error) {
    signal.throwIfAborted();
    return unreachable(error);
  }
  const booted = await bootedWith(config);
  if (booted === undefined) {
    const stateKept = await access(folderOf(config).storage).then(
      () => true,
      () => false,
    );
    const message = "The node was not booted yet.";
    return { state: NodeState.ABSENT, reason: "BUILDAH_NOT_BOOTED", message, backend, stateKept };
  }
  return {
    state: NodeState.RUNNING,
    backend,
    platforms: [platformOfMachine()],
    changedFields: booted === config.options["storage-driver"] ? [] : ["options[storage-driver]"],
    features: [
      ...["exporter.image", "exporter.oci", "exporter.docker", "exporter.multiple", "push"].map((id) => ({
        id,
        supported: true,
      })),
      missing("multi-platform", "Buildah would need all images of the Dockerfile for each platform at once."),
      missing("attestations", "Buildah does not create attestations."),
      missing("cache.export", "Buildah keeps its layers in the node's folder."),
    ],
  };
}

function missing(id: string, message: string) {
  return {
    id,
    supported: false,
    reason: "BUILDAH_BUILDKIT_REQUIRED",
    message,
    remedy: "Use a builder with BuildKit.",
  };
}

/** Name and version of the program; throws when it is missing. */
async function version(signal: AbortSignal): Promise<string> {
  try {
    const text = await output("buildah", ["--version"], signal);
    return `Buildah ${/version (\S+)/.exec(text)?.[1] ?? text.trim()}`;
  } catch (cause) {
    signal.throwIfAborted();
    throw driverError({
      code: Code.Unavailable,
      reason: "BUILDAH_MISSING",
      message: `The program buildah cannot be run: ${(cause as Error).message}.`,
      remedy: "Install it, for example with apt-get install buildah or dnf install buildah.",
    });
  }
}

function storageUnusable(errors: string) {
  return driverError({
    code: Code.FailedPrecondition,
    reason: "BUILDAH_STORAGE_UNUSABLE",
    message: `Buildah cannot use its storage: ${errors.trim() || "it printed no reason"}.`,
    remedy:
      "Set the driver option storage-driver to vfs. In a container Buildah needs the permission to mount.",
  });
}

function platformOfMachine(): string {
  const names: Record<string, string> = { x64: "amd64", arm: "arm/v7", ia32: "386" };
  return `linux/${names[process.arch] ?? process.arch}`;
}
