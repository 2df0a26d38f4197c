import { posix } from "node:path";
import { create } from "@bufbuild/protobuf";
import type { SessionMethod } from "../../../buildkit/session/method.js";
import { gitDefinition, unpackedDefinition } from "../../../buildkit/source-definition.js";
import { type BuildSpec, PolicyFileSchema } from "../../../gen/slipway/build/v1/build_spec_pb.js";
import type { ReadyNode } from "../../nodes/ready-node.js";
import { internalSolve } from "../builder-gateway.js";
import { type Gateway, namesIn, resultForm, singleRef } from "../gateway.js";
import { fetchedContext } from "../inputs/fetched-context.js";
import type { Inputs } from "../inputs/inputs.js";
import { pathInContext, readFromContext } from "../inputs/policy-file.js";
import { inputError } from "../inputs/unreadable.js";
import { maxPolicyBytes } from "../spec/check-policies.js";

/**
 * The policies of a build with those in a context that BuildKit fetches: the file beside the Dockerfile, unless it is
 * disabled, and the files that the specification names. Undefined when there are none. Throws INVALID_ARGUMENT, reason
 * POLICY_INVALID, for one that is missing or cannot be used.
 *
 * @param methods what BuildKit authenticates with
 */
export async function remotePolicies(
  { policy }: Pick<BuildSpec, "policy">,
  { contextUrl, dockerfileName, dockerfileIsLocal, policyFile, policies }: Inputs,
  node: Pick<ReadyNode, "client">,
  methods: readonly SessionMethod[],
  signal: AbortSignal,
): Promise<Pick<Inputs, "policyFile" | "policies"> | undefined> {
  const url = fetchedContext(contextUrl);
  const seeksBeside = !policy?.disabled && !dockerfileIsLocal;
  const named = policies.flatMap(({ files }) => files.filter(({ fromContext }) => fromContext));
  if (!url || (!seeksBeside && named.length === 0)) return undefined;
  // The folder of a repository is read from the whole of it, since BuildKit before 0.10 fetches no other.
  const [definition, folder] =
    url.kind === "git"
      ? [gitDefinition({ ...url, subdir: undefined }), url.subdir ?? ""]
      : [unpackedDefinition(url.url), ""];
  const pathOf = (name: string) => posix.join(folder, pathInContext(name));
  // What is wrong with a file is found below: BuildKit would make another error of it.
  const { beside, contents } = await internalSolve(
    node,
    methods,
    async ({ bridge, options, end }) => {
      const { result } = await bridge.solve({ definition, ...resultForm }, options);
      const tree = { bridge, options, ref: singleRef(result), listed: new Map() };
      const beside = seeksBeside ? await findBeside(tree, pathOf(dockerfileName)) : undefined;
      const contents = new Map<string, Uint8Array>();
      for (const path of new Set([...(beside ? [beside] : []), ...named.map(({ name }) => pathOf(name))])) {
        const content = await readPolicy(tree, path);
        if (content) contents.set(path, content);
      }
      await end(result);
      return { beside, contents };
    },
    signal,
  );
  if (!beside && named.length === 0) return undefined;
  return {
    policyFile: beside ? besideFile(beside, contents.get(beside)!) : policyFile,
    policies: await readFromContext(policies, async (name) => contents.get(pathOf(name))),
  };
}

/** The files that BuildKit has fetched; `ref` is empty when there are none. */
export interface Tree extends Pick<Gateway, "bridge" | "options"> {
  readonly ref: string;
  /** The names in the folders that were asked for: a policy can name many files in few folders. */
  readonly listed: Map<string, ReadonlySet<string>>;
}

/** The path of the policy file beside a Dockerfile. */
async function findBeside(tree: Tree, dockerfile: string): Promise<string | undefined> {
  const { dir, base } = posix.parse(dockerfile);
  const entries = await entriesOf(tree, dir);
  // As in docker, "dockerfile" is a fallback for "Dockerfile".
  const names = base === "Dockerfile" && !entries.has(base) ? [base, "dockerfile"] : [base];
  const found = names.map((name) => `${name}.rego`).find((name) => entries.has(name));
  return found && posix.join(dir, found);
}

/** The content of a file, one byte more than a policy may have; undefined when it is missing. */
async function readPolicy(tree: Tree, path: string): Promise<Uint8Array | undefined> {
  const { dir, base } = posix.parse(path);
  if (!(await entriesOf(tree, dir)).has(base)) return undefined;
  const { bridge, options, ref } = tree;
  const range = { offset: 0n, length: BigInt(maxPolicyBytes + 1) };
  const { data } = await bridge.readFile({ ref, filePath: path, range }, options);
  return data;
}

/**
 * The names in a folder; none when it is missing. That is seen in the folder above it, and not in an error: a context that
 * could not be fetched is an error too, and its policy must not be skipped.
 */
export async function entriesOf(tree: Tree, folder: string): Promise<ReadonlySet<string>> {
  if (!tree.ref) return new Set();
  let path = "/";
  let entries = await list(tree, path);
  for (const name of posix.join("/", folder).split("/").filter(Boolean)) {
    if (!entries.has(name)) return new Set();
    path = posix.join(path, name);
    entries = await list(tree, path);
  }
  return entries;
}

/** The names in a folder that is there, which BuildKit is asked for once. */
async function list(tree: Tree, path: string): Promise<ReadonlySet<string>> {
  const names = tree.listed.get(path) ?? (await namesIn(tree, tree.ref, path));
  tree.listed.set(path, names);
  return names;
}

function besideFile(name: string, content: Uint8Array) {
  if (content.length <= maxPolicyBytes) return create(PolicyFileSchema, { name, content });
  const message = `The policy ${name} has more than ${maxPolicyBytes} bytes.`;
  const remedy = "Make it smaller, or set spec.policy.disabled to build without it.";
  throw inputError("spec.policy", "POLICY_INVALID", message, remedy);
}
