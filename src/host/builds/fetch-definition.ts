import { create } from "@bufbuild/protobuf";
import { Code, type ConnectError } from "@connectrpc/connect";
import type { SessionMethod } from "../../buildkit/session/method.js";
import {
  gitDefinition,
  httpDefinition,
  httpFileName,
  unpackedDefinition,
} from "../../buildkit/source-definition.js";
import { InputError } from "../../errors/input-error.js";
import { invalidField, renameFields, typedError } from "../../errors/typed-error.js";
import type { Result } from "../../gen/moby/buildkit/v1/frontend/gateway_pb.js";
import type { Definition } from "../../gen/pb/ops_pb.js";
import { type BuildSpec, BuildSpecSchema } from "../../gen/slipway/build/v1/build_spec_pb.js";
import type { FetchBakeRequest } from "../../gen/slipway/v1/bake_pb.js";
import { usualBakeFiles } from "../../inputs/bake-file-names.js";
import { type ContextUrl, parseContextUrl } from "../../inputs/context-url.js";
import { archiveHeaderBytes, detectContextStream } from "../../inputs/detect-archive.js";
import { credentialsIn, withoutCredentials } from "../../inputs/url-credentials.js";
import type { BuilderRegistry } from "../builders/registry.js";
import type { Nodes } from "../nodes/nodes.js";
import { maxBakeFileBytes } from "./bake.js";
import type { BuildCaller } from "./build-caller.js";
import { firstNode, GatewayFailure, ofBuildkit, throughNode } from "./builder-gateway.js";
import { type Gateway, namesIn, resultForm, singleRef } from "./gateway.js";
import { Redaction } from "./redaction/redaction.js";
import { minSecretLength } from "./redaction/secrets.js";
import { secretMethods } from "./session-methods.js";
import { localFields } from "./spec/local-fields.js";
import { asRequestError } from "./spec/problems.js";
import { validateSpec } from "./spec/validate-spec.js";

/** Fetched files. */
export interface FetchedDefinition {
  readonly files: { name: string; content: Uint8Array }[];
  /** What the contexts are relative to; empty for a single file. */
  readonly contextUrl: string;
}

/** A definition to fetch. */
interface Fetch {
  readonly url: ContextUrl;
  /** Paths of the files; empty for the usual ones. */
  readonly names: readonly string[];
}

/**
 * Fetches definition files by the BuildKit of a builder's first node, which is booted if necessary. The errors are those
 * of BakeService.FetchBake.
 */
export async function fetchDefinition(
  { registry, nodes }: { registry: BuilderRegistry; nodes: Nodes },
  request: FetchBakeRequest,
  caller: BuildCaller,
  signal: AbortSignal,
): Promise<FetchedDefinition> {
  const { secrets, ssh } = request;
  const node = await firstNode(registry, request, caller);
  const fetch = { url: requireUrl("url", request.url), names: request.files };
  const context = { source: { case: "url", value: request.url } } as const;
  const methods = await methodsOf(create(BuildSpecSchema, { context, secrets, ssh }), caller);
  const hidden = [
    ...credentialsIn(request.url),
    ...secrets.map(({ value }) => Buffer.from(value).toString()),
  ];
  const redaction = new Redaction(hidden.filter(({ length }) => length >= minSecretLength));
  const call = { methods, what: "did not fetch the definition" };
  return throughNode(nodes, node, call, (gateway) => readThrough(gateway, fetch), signal).catch((cause) => {
    throw cause instanceof FetchError ? cause.typed(redaction) : cause;
  });
}

/** What is wrong with a URL or a file, in BuildKit's words or ours. The text may have secrets. */
class FetchError extends GatewayFailure {
  constructor(
    private readonly code: Code,
    private readonly reason: "BAKE_FETCH_FAILED" | "BAKE_FILE_MISSING" | "BAKE_TOO_LARGE",
    private readonly field: string,
    message: string,
    private readonly remedy: string,
  ) {
    super(message);
    this.name = "FetchError";
  }

  typed(redaction: Redaction): ConnectError {
    const { code, reason, field, remedy } = this;
    const message = redaction.text(this.message);
    return typedError({ code, reason, message, remedy, fields: [{ field, message, reason, remedy }] });
  }
}

/** The URL in a field; INVALID_ARGUMENT, reason CONTEXT_URL_INVALID, unless it is one of git or http. */
export function requireUrl(field: string, text: string): ContextUrl {
  try {
    const url = parseContextUrl(text, field);
    if (url) return url;
  } catch (cause) {
    if (!(cause instanceof InputError)) throw cause;
    throw invalidField(field, cause.reason, cause.message, cause.remedy);
  }
  const message = `${JSON.stringify(withoutCredentials(text))} is neither a git nor an http URL.`;
  throw invalidField(
    field,
    "CONTEXT_URL_INVALID",
    message,
    "Give a URL such as https://host/repo.git#branch.",
  );
}

/** What BuildKit authenticates with in a build of the same context. */
async function methodsOf(spec: BuildSpec, { requireLocal }: BuildCaller): Promise<SessionMethod[]> {
  const inRequest = (field: string) => field.replace(/^spec\.(context\.)?/, "");
  for (const field of localFields(spec)) requireLocal(inRequest(field));
  try {
    validateSpec(spec);
    return await secretMethods(spec);
  } catch (cause) {
    throw renameFields(asRequestError(cause), inRequest);
  }
}

async function readThrough(gateway: Gateway, { url, names }: Fetch): Promise<FetchedDefinition> {
  const { capabilities, end } = gateway;
  if (url.kind === "git") {
    if (url.checksum && !capabilities.has("source.git.checksum"))
      throw fetchFailed("The BuildKit of the builder cannot check the commit of a repository.");
    const tree = await Tree.open(gateway, gitDefinition(url));
    const files = await tree.readAll(names);
    await end(tree.result);
    return { files, contextUrl: url.url };
  }
  const single = await Tree.open(gateway, httpDefinition(url.url));
  const head = await single.read(httpFileName, "url", archiveHeaderBytes);
  if (detectContextStream(head) !== "dockerfile") {
    const tree = await Tree.open(gateway, unpackedDefinition(url.url));
    const files = await tree.readAll(names);
    await end(tree.result);
    return { files, contextUrl: url.url };
  }
  const name = withoutCredentials(url.url).replace(/[?#].*$/s, "");
  if (names.length > 0)
    throw fileMissing("files[0]", `${name} is a single file, so there is no ${names[0]} in it.`);
  const content = await single.read(httpFileName, "url", maxBakeFileBytes + 1);
  requireSize(content.length, "url");
  await end(single.result);
  return { files: [{ name, content }], contextUrl: "" };
}

/** The files of a result. */
class Tree {
  readonly #gateway: Gateway;
  readonly #ref: string;
  /** The names in its root. */
  readonly #names: ReadonlySet<string>;
  readonly result: Result;

  private constructor(gateway: Gateway, result: Result, ref: string, names: ReadonlySet<string>) {
    this.#gateway = gateway;
    this.result = result;
    this.#ref = ref;
    this.#names = names;
  }

  /** Solves a definition and lists its root, so that everything is fetched. */
  static async open(gateway: Gateway, definition: Definition): Promise<Tree> {
    const { bridge, options } = gateway;
    try {
      const { result } = await bridge.solve({ definition, ...resultForm }, options);
      const ref = singleRef(result);
      if (!result || !ref) throw fetchFailed("It has no files.");
      return new Tree(gateway, result, ref, await namesIn(gateway, ref, "/"));
    } catch (cause) {
      throw cause instanceof FetchError ? cause : ofBuildkit(cause, fetchFailed);
    }
  }

  /** Reads named files, or those with usual names. */
  async readAll(names: readonly string[]): Promise<{ name: string; content: Uint8Array }[]> {
    const wanted = names.length > 0 ? names : usualBakeFiles.filter((name) => this.#names.has(name));
    if (wanted.length === 0) throw fileMissing("url", "couldn't find a bake definition");
    const files: { name: string; content: Uint8Array }[] = [];
    let size = 0;
    for (const [index, name] of wanted.entries()) {
      const field = names.length > 0 ? `files[${index}]` : "url";
      const content = await this.read(name, field, maxBakeFileBytes - size + 1);
      size += content.length;
      requireSize(size, field);
      files.push({ name, content });
    }
    return files;
  }

  /** The first bytes of a file. */
  async read(filePath: string, field: string, bytes: number): Promise<Uint8Array> {
    const { bridge, options } = this.#gateway;
    try {
      const range = { offset: 0n, length: BigInt(bytes) };
      return (await bridge.readFile({ ref: this.#ref, filePath, range }, options)).data;
    } catch (cause) {
      throw ofBuildkit(cause, (message) => fileMissing(field, `${filePath}: ${message}`));
    }
  }
}

function fetchFailed(message: string): FetchError {
  const remedy = "Check the URL. A private repository needs the secret GIT_AUTH_TOKEN, or an SSH agent.";
  const text = `The definition cannot be fetched: ${message}`;
  return new FetchError(Code.FailedPrecondition, "BAKE_FETCH_FAILED", "url", text, remedy);
}

function fileMissing(field: string, message: string): FetchError {
  return new FetchError(Code.NotFound, "BAKE_FILE_MISSING", field, message, "Name a file that is there.");
}

function requireSize(bytes: number, field: string): void {
  if (bytes <= maxBakeFileBytes) return;
  const message = `The files have more than ${maxBakeFileBytes} bytes.`;
  const remedy = "Name fewer or smaller files.";
  throw new FetchError(Code.ResourceExhausted, "BAKE_TOO_LARGE", field, message, remedy);
}
