import { create, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import { type Definition, DefinitionSchema, OpSchema } from "../gen/pb/ops_pb.js";
import { sha256 } from "../image/digest.js";
import type { ContextUrl } from "../inputs/context-url.js";

/** Name of the file that a source at http(s) has. */
export const httpFileName = "context";

type GitUrl = Extract<ContextUrl, { kind: "git" }>;
type Step = Pick<MessageInitShape<typeof OpSchema>, "op"> & { name: string };

/** A git repository, or a folder of it, as BuildKit names it. Secrets and agent are those that a build uses. */
export function gitSource(url: GitUrl): { identifier: string; attrs: Record<string, string> } {
  const { remote, ref = "", subdir, transport, checksum } = url;
  const identifier = `git://${hostAndPath(remote)}${ref || subdir ? `#${ref}` : ""}${subdir ? `:${subdir}` : ""}`;
  const attrs: Record<string, string> = {
    "git.fullurl": remote.startsWith("github.com/") ? `https://${remote}` : remote,
    "git.authtokensecret": "GIT_AUTH_TOKEN",
    "git.authheadersecret": "GIT_AUTH_HEADER",
    ...(transport === "ssh" ? { "git.mountsshsock": "default" } : {}),
    ...(checksum ? { "git.checksum": checksum } : {}),
  };
  return { identifier, attrs };
}

/** What BuildKit solves to fetch a git repository, or a folder of it. */
export function gitDefinition(url: GitUrl): Definition {
  return definitionOf([
    { name: "[internal] load git source", op: { case: "source", value: gitSource(url) } },
  ]);
}

/** What BuildKit solves to fetch a file at http(s), as {@link httpFileName}. */
export function httpDefinition(url: string): Definition {
  return definitionOf([httpStep(url)]);
}

/** The same for an archive, unpacked. */
export function unpackedDefinition(url: string): Definition {
  const copy = { src: `/${httpFileName}`, dest: "/", mode: -1, attemptUnpack: true, timestamp: -1n };
  const action = {
    input: -1n,
    secondaryInput: 0n,
    output: 0n,
    action: { case: "copy" as const, value: copy },
  };
  return definitionOf([
    httpStep(url),
    { name: "[internal] unpack archive", op: { case: "file", value: { actions: [action] } } },
  ]);
}

function httpStep(url: string): Step {
  const attrs = { "http.filename": httpFileName };
  return {
    name: "[internal] load remote build context",
    op: { case: "source", value: { identifier: url, attrs } },
  };
}

/** A definition of steps, each of which takes the result of the one before. */
function definitionOf(steps: readonly Step[]): Definition {
  const def: Uint8Array[] = [];
  const metadata: Record<string, { description: Record<string, string> }> = {};
  let inputs: { digest: string }[] = [];
  for (const { name, op } of steps) {
    const bytes = toBinary(OpSchema, create(OpSchema, { inputs, op }));
    const digest = sha256(bytes);
    def.push(bytes);
    metadata[digest] = { description: { "llb.customname": name } };
    inputs = [{ digest }];
  }
  // The last entry has no operation: it names the result.
  def.push(toBinary(OpSchema, create(OpSchema, { inputs })));
  return create(DefinitionSchema, { def, metadata });
}

/** The address without scheme and user: by it BuildKit recognizes a repository, whatever the transport. */
function hostAndPath(remote: string): string {
  const [, rest = remote] = /^[a-z0-9]+:\/\/(.*)$/is.exec(remote) ?? [];
  const isScp = rest === remote && !remote.startsWith("github.com/");
  const address = rest.replace(/^[^/@]*@/, "");
  return isScp ? address.replace(/:\/?/, "/") : address;
}
