import { execFile } from "node:child_process";
import { access, realpath } from "node:fs/promises";
import { dirname, join, relative, sep } from "node:path";
import { promisify } from "node:util";
import { redacted, withoutCredentials } from "../../inputs/url-credentials.js";
import { readGoBool } from "../../util/go-values.js";
import { isTrue } from "../values/is-true.js";
import { type BuildInputs, type ContextSource, dockerfilePath } from "./contexts.js";

/** What a build records of the git checkout that its context is in. */
export interface Checkout {
  /** Attributes of the frontend, from which BuildKit makes a part of the provenance. */
  attributes: Record<string, string>;
  labels: Record<string, string>;
  /** Why nothing is known of a checkout that is there. */
  warning?: string;
}

/** A git repository's folder, seen from the checkout. */
const gitFolder = ".git";

/**
 * Reads commit, remote and folders of the git checkout that the context is in, as buildx does: BUILDX_GIT_INFO=0 switches
 * that off, BUILDX_GIT_LABELS=1 makes labels too, and BUILDX_GIT_CHECK_DIRTY=1 marks a commit with changes.
 */
export async function readCheckout(
  inputs: BuildInputs,
  namedContexts: ReadonlyMap<string, ContextSource>,
  env: NodeJS.ProcessEnv,
): Promise<Checkout> {
  const { context } = inputs;
  const attributes: Record<string, string> = {};
  const labels: Record<string, string> = {};
  const withLabels = env.BUILDX_GIT_LABELS === "full" || isTrue(env.BUILDX_GIT_LABELS);
  const withAttributes = readGoBool(env.BUILDX_GIT_INFO ?? "") !== false;
  if (context.kind !== "folder" || !(withLabels || withAttributes)) return { attributes, labels };
  // Most folders are in no checkout, and a process takes time.
  if (!env.GIT_DIR && !(await isBelow(context.path, gitFolder))) return { attributes, labels };
  const git = async (...args: string[]) => {
    const { stdout } = await promisify(execFile)("git", args, {
      cwd: context.path,
      env: { ...env, LC_ALL: "C" },
    });
    return stdout.trim();
  };
  const known = (...args: string[]) => git(...args).catch(() => "");
  const [root, commit, origin, changes] = await Promise.all([
    git("rev-parse", "--show-toplevel")
      .then((path) => realpath(path))
      .catch((cause: Error & { stderr?: string }) => cause),
    known("rev-parse", "--verify", "--quiet", "HEAD"),
    known("remote", "get-url", "origin"),
    isTrue(env.BUILDX_GIT_CHECK_DIRTY)
      ? git("status", "--porcelain", "--ignored").catch(() => "unknown")
      : "",
  ]);
  if (typeof root !== "string") {
    const reason = root.stderr?.trim() || root.message;
    return { attributes, labels, warning: `The build does not record the commit of its context: ${reason}` };
  }
  const set = (attribute: string, label: string, value: string) => {
    if (value && withAttributes) attributes[attribute] = value;
    if (value && withLabels) labels[label] = value;
  };
  set("vcs:revision", "org.opencontainers.image.revision", commit && changes ? `${commit}-dirty` : commit);
  const remote = origin || (await known("remote", "get-url", "upstream"));
  set(
    "vcs:source",
    "org.opencontainers.image.source",
    withoutCredentials(remote).replace(`${redacted}@`, ""),
  );
  const dockerfile = dockerfilePath(inputs);
  if (withLabels && dockerfile) {
    const path = pathIn(root, dockerfile);
    if (path !== undefined) labels["com.docker.image.source.entrypoint"] = path;
  }
  if (!withAttributes) return { attributes, labels };
  const folders: [string, string][] = [["context", context.path]];
  if (dockerfile) folders.push(["dockerfile", dirname(dockerfile)]);
  for (const [name, source] of namedContexts)
    if (source.kind === "folder")
      folders.push([/^(context|dockerfile)$/.test(name) ? `_${name}` : name, source.path]);
  for (const [name, folder] of folders) {
    const path = pathIn(root, await realpath(folder));
    if (path !== undefined) attributes[`vcs:localdir:${name}`] = path || ".";
  }
  return { attributes, labels };
}

/** Whether a folder, or one that it is in, has an entry with the name. */
async function isBelow(folder: string, name: string): Promise<boolean> {
  const isHere = await access(join(folder, name)).then(
    () => true,
    () => false,
  );
  const parent = dirname(folder);
  return isHere || (parent !== folder && isBelow(parent, name));
}

/** A path relative to a folder that it is in; undefined when it is elsewhere. */
function pathIn(folder: string, path: string): string | undefined {
  const inside = relative(folder, path);
  return inside === ".." || inside.startsWith(`..${sep}`) ? undefined : inside;
}
