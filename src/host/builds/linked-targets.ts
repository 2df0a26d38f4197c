import { Code, type ConnectError } from "@connectrpc/connect";
import { typedError } from "../../errors/typed-error.js";
import type { Result } from "../../gen/moby/buildkit/v1/frontend/gateway_pb.js";
import type { Definition } from "../../gen/pb/ops_pb.js";
import { untilAborted } from "../../util/until-aborted.js";
import { capabilitiesKey, contextsCapability } from "./spec/frontend.js";

/** The key of an image's configuration in the metadata of a result. */
const configKey = "containerimage.config";

/**
 * The result of a target that other targets of the same bake use. Its build stays open until all of them have ended:
 * BuildKit reads the local files of its steps from its session.
 */
export class LinkedResult {
  readonly #result: Promise<Result>;
  readonly #released: Promise<void>;
  #resolve!: (result: Result) => void;
  #reject!: (cause: unknown) => void;
  #markReleased!: () => void;
  #users: number;

  /** @param users how many targets use the result */
  constructor(users: number) {
    this.#users = users;
    this.#result = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    // A target that fails before any other waits for it has nobody who handles that.
    this.#result.catch(() => {});
    this.#released = new Promise((resolve) => {
      this.#markReleased = resolve;
    });
  }

  /** Gives the result to its users, and waits until all have ended. */
  async provide(result: Result, signal: AbortSignal): Promise<void> {
    this.#resolve(result);
    await untilAborted(this.#released, signal);
  }

  /** The build has ended. Without a result, its users cannot build. */
  end(cause: unknown): void {
    this.#reject(cause);
  }

  /** The result, once the target is solved. */
  wait(signal: AbortSignal): Promise<Result> {
    return untilAborted(this.#result, signal);
  }

  /** One of the users has ended. */
  release(): void {
    this.#users--;
    if (this.#users === 0) this.#markReleased();
  }
}

/** How a build takes part in a bake. */
export interface TargetLinks {
  /** The results that are its contexts, by the name of the context. */
  readonly uses: ReadonlyMap<string, LinkedResult>;
  /** Its own result; undefined when no other target uses it. */
  readonly provides: LinkedResult | undefined;
  /** The same for all builds that are linked with each other: one BuildKit has to run them. */
  readonly affinityKey: string;
}

/** What a frontend needs to use results as contexts. */
export interface FrontendInputs {
  readonly attributes: Record<string, string>;
  readonly definitions: Record<string, Definition>;
}

/** Waits for the results that a build uses. */
export async function frontendInputs({ uses }: TargetLinks, signal: AbortSignal): Promise<FrontendInputs> {
  const inputs: FrontendInputs = { attributes: {}, definitions: {} };
  for (const [context, linked] of uses) addResult(inputs, context, await linked.wait(signal));
  if (uses.size > 0) inputs.attributes[capabilitiesKey] = contextsCapability;
  return inputs;
}

/** Adds a result as a context, for each of its platforms, as buildx does. */
function addResult(inputs: FrontendInputs, context: string, { result, metadata }: Result): void {
  const add = (suffix: string, definition: Definition | undefined, config: Uint8Array | undefined) => {
    const name = `${context}${suffix}`;
    if (!definition) throw withoutFiles(context);
    inputs.definitions[name] = definition;
    inputs.attributes[`context:${name}`] = `input:${name}`;
    if (!config) return;
    const encoded = Buffer.from(config).toString("base64");
    inputs.attributes[`input-metadata:${name}`] = JSON.stringify({ [configKey]: encoded });
  };
  if (result.case === "refs") {
    for (const [platform, { def }] of Object.entries(result.value.refs))
      add(`::${platform}`, def, metadata[`${configKey}/${platform}`]);
  } else add("", result.case === "ref" ? result.value.def : undefined, metadata[configKey]);
}

/** FAILED_PRECONDITION, reason FEATURE_UNSUPPORTED: BuildKit takes no empty definition, for buildx neither. */
function withoutFiles(context: string): ConnectError {
  const message = `The target that is the context ${context} has no files, and BuildKit cannot use that as a context.`;
  return typedError({
    code: Code.FailedPrecondition,
    reason: "FEATURE_UNSUPPORTED",
    message,
    remedy: "Copy a file in that target, or use FROM scratch.",
    fields: [],
  });
}
