import { posix } from "node:path";
import { InputError } from "../errors/input-error.js";
import { withoutCredentials } from "./url-credentials.js";

/** A context that BuildKit fetches itself. `url` is the value of the frontend attribute. */
export type ContextUrl =
  | {
      kind: "git";
      url: string;
      /** Address for git, without reference and folder. */
      remote: string;
      transport: "https" | "http" | "ssh" | "git";
      ref?: string;
      subdir?: string;
      /** Begin of the commit that it must be. */
      checksum?: string;
      /** Uses `?ref=…`, which needs the frontend capability `moby.buildkit.frontend.gitquerystring`. */
      usesQuery: boolean;
    }
  /** A tar archive, plain or compressed, or a Dockerfile. */
  | { kind: "http"; url: string };

/**
 * Recognizes the URLs that buildx and BuildKit accept as a build context: `git@host:path`, `ssh://`, `git://`,
 * `github.com/…`, http(s) whose path ends in `.git`, and any other http(s). Undefined for a local path.
 * In buildx a local folder with that name wins, so look for it first.
 *
 * @param field the value's field, for errors
 */
export function parseContextUrl(value: string, field = "context"): ContextUrl | undefined {
  const [address, query, fragment] = splitUrl(value);
  const scp = /^[a-zA-Z0-9_-]+@[a-zA-Z0-9.-]+:/.test(address);
  const scheme = /^([a-zA-Z0-9]+):\/\//.exec(address)?.[1]?.toLowerCase();

  let transport: "https" | "http" | "ssh" | "git";
  if (scheme === "http" || scheme === "https") {
    if (!/^[^:]+:\/\/[^/]+\/.*\.git$/s.test(address)) return { kind: "http", url: value };
    transport = scheme;
  } else if (scheme === "ssh" || scheme === "git") transport = scheme;
  else if (scheme !== undefined) throw refused(value, field, `${scheme}:// is not supported`);
  else if (address.startsWith("github.com/")) transport = "https";
  else if (scp) transport = "ssh";
  else return undefined;

  const parts = referenceAndFolder(query, fragment, (why) => refused(value, field, why));
  return { kind: "git", url: value, remote: address, transport, ...parts, usesQuery: query !== undefined };
}

/** The URL of a folder below the one that a git URL names. */
export function gitFolderUrl(url: Extract<ContextUrl, { kind: "git" }>, folder: string): string {
  const { remote, ref = "", usesQuery } = url;
  const subdir = posix.join(url.subdir ?? "", folder);
  if (!usesQuery) return `${remote}#${ref}:${subdir}`;
  const params = new URLSearchParams(splitUrl(url.url)[1]);
  for (const key of ["tag", "branch"]) params.delete(key);
  if (ref) params.set("ref", ref);
  params.set("subdir", subdir);
  return `${remote}?${params}`;
}

function splitUrl(value: string): [address: string, query: string | undefined, fragment: string | undefined] {
  const [, address, query, fragment] = /^([^?#]*)(?:\?([^#]*))?(?:#(.*))?$/s.exec(value)!;
  return [address!, query || undefined, fragment];
}

const queryKeys = new Set(
  "ref tag branch subdir checksum commit keep-git-dir submodules mtime fetch-by-commit".split(" "),
);
const flagKeys = new Set(["keep-git-dir", "submodules", "fetch-by-commit"]);

/** From the fragment `#ref:folder` and the query; BuildKit refuses the two when they contradict, and so does this. */
function referenceAndFolder(
  query = "",
  fragment = "",
  refuse: (why: string) => InputError,
): { ref?: string; subdir?: string; checksum?: string } {
  const params = new URLSearchParams(query);
  for (const key of params.keys()) {
    if (!queryKeys.has(key)) throw refuse(`BuildKit does not know ?${key}=`);
    if (params.getAll(key).length > 1) throw refuse(`?${key}= is given more than once`);
    if (params.get(key) === "" && !flagKeys.has(key)) throw refuse(`?${key}= has no value`);
  }
  if (params.has("tag") && params.has("branch")) throw refuse("it names both a tag and a branch");

  const colon = fragment.indexOf(":");
  const folder = colon < 0 ? "" : posix.join("/", fragment.slice(colon + 1)).slice(1);
  const only = (name: string, ...values: (string | undefined)[]) => {
    const given = [...new Set(values.filter((value) => !!value))];
    if (given.length > 1) throw refuse(`it names more than one ${name}: ${given.join(", ")}`);
    return given[0];
  };
  return {
    ref: only(
      "reference",
      colon < 0 ? fragment : fragment.slice(0, colon),
      params.get("ref") ?? undefined,
      prefixed("refs/tags/", params.get("tag")),
      prefixed("refs/heads/", params.get("branch")),
    ),
    subdir: only("folder", folder, params.get("subdir") ?? undefined),
    checksum: only("commit", params.get("checksum") ?? undefined, params.get("commit") ?? undefined),
  };
}

function prefixed(prefix: string, name: string | null): string | undefined {
  if (name === null) return undefined;
  return name.startsWith(prefix) ? name : prefix + name;
}

function refused(value: string, field: string, why: string): InputError {
  return new InputError({
    reason: "CONTEXT_URL_INVALID",
    field,
    message: `The context ${withoutCredentials(value)} cannot be used: ${why}.`,
    remedy:
      "Give a folder, a git URL such as https://host/repo.git#branch:folder, or the http URL of an archive.",
  });
}
