import { posix } from "node:path";
import { type CallOptions, type Client, Code, ConnectError } from "@connectrpc/connect";
import type { BuildkitClient } from "../../buildkit/client.js";
import { LLBBridge, type Result } from "../../gen/moby/buildkit/v1/frontend/gateway_pb.js";
import type { Definition } from "../../gen/pb/ops_pb.js";
import { nameOf } from "../../util/file-name.js";
import { recordingHeaders } from "../base/tracer.js";
import type { Frontend } from "./spec/frontend.js";

/** Metadata of a frontend's answer: "result.json", "result.txt" and others. */
export type GatewayResult = Record<string, Uint8Array>;

/** What a solve through the gateway needs beside its frontend. */
export interface GatewaySolve {
  /** Results of other solves that the frontend uses, by their name in its attributes. */
  readonly inputs?: Record<string, Definition>;
  /** Capabilities that BuildKit must have for the build, and what for. */
  readonly requires?: readonly { readonly capability: string; readonly for: string }[];
  /** Is called with the result. The build ends when this has resolved. */
  readonly onResult?: (result: Result, gateway: Gateway) => Promise<void>;
}

/**
 * Calls a frontend on behalf of a build whose Solve call is in progress. This is the only way to get the answer of a
 * subrequest, which the response of Solve leaves out, and to get the definition of a result for other builds. Ends that
 * Solve call, with a result or an error.
 */
export function solveThroughGateway(
  client: BuildkitClient,
  ref: string,
  frontend: Frontend,
  signal: AbortSignal,
  { inputs = {}, requires = [], onResult }: GatewaySolve = {},
): Promise<GatewayResult> {
  return withGateway(client, ref, signal, async (gateway) => {
    const { bridge, options, capabilities, end } = gateway;
    const lacking = requires.find(({ capability }) => !capabilities.has(capability));
    if (lacking) {
      const message = `this BuildKit cannot ${lacking.for}: it lacks the capability ${lacking.capability}`;
      throw new ConnectError(message, Code.FailedPrecondition);
    }
    const request = { frontend: frontend.name, frontendOpt: { ...frontend.attributes } };
    const { result } = await bridge.solve({ ...request, ...resultForm, frontendInputs: inputs }, options);
    if (result) await onResult?.(result, gateway);
    await end(result);
    return result?.metadata ?? {};
  });
}

/** What a caller of the gateway works with. */
export interface Gateway {
  readonly bridge: Client<typeof LLBBridge>;
  /** For each call. */
  readonly options: CallOptions;
  /** What BuildKit can do in definitions, and for callers of its gateway. */
  readonly capabilities: ReadonlySet<string>;
  /** Ends the Solve call. */
  end(result: Result | undefined): Promise<unknown>;
}

/** The reference of a single result; empty for one without files, or for several platforms. */
export function singleRef(result: Result | undefined): string {
  return result?.result.case === "ref" ? result.result.value.id : "";
}

/** The names in a folder of a result. Rejects with BuildKit's error. */
export async function namesIn(
  { bridge, options }: Pick<Gateway, "bridge" | "options">,
  ref: string,
  folder: string,
): Promise<ReadonlySet<string>> {
  const { entries } = await bridge.readDir({ ref, dirPath: folder }, options);
  return new Set(entries.map(({ path }) => posix.basename(nameOf(path))));
}

/** The form in which {@link Gateway.bridge} returns results. */
export const resultForm = { allowResultReturn: true, allowResultArrayRef: true } as const;

/** Runs work on behalf of a build whose Solve call is in progress. If the work throws, the Solve call ends with the error. */
export async function withGateway<T>(
  client: BuildkitClient,
  ref: string,
  signal: AbortSignal,
  work: (gateway: Gateway) => Promise<T>,
): Promise<T> {
  const bridge = client.service(LLBBridge);
  const headers = { ...recordingHeaders(), "buildkit-controlapi-buildid": ref };
  const options = { signal, headers };
  const { llbCaps, frontendApiCaps } = await bridge.ping({}, options);
  const enabled = [...llbCaps, ...frontendApiCaps].filter((capability) => capability.enabled);
  const capabilities = new Set(enabled.map(({ id }) => id));
  try {
    return await work({ bridge, options, capabilities, end: (result) => bridge.return({ result }, options) });
  } catch (cause) {
    const { code, rawMessage } = ConnectError.from(cause);
    // Otherwise the Solve call would wait for an answer until its timeout.
    await bridge.return({ error: { code, message: rawMessage } }, options).catch(() => {});
    throw cause;
  }
}
