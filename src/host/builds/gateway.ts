import { ConnectError } from "@connectrpc/connect";
import type { BuildkitClient } from "../../buildkit/client.js";
import { LLBBridge } from "../../gen/moby/buildkit/v1/frontend/gateway_pb.js";
import type { Frontend } from "./spec/frontend.js";

/** Metadata of a frontend's answer: "result.json", "result.txt" and others. */
export type GatewayResult = Record<string, Uint8Array>;

/**
 * Calls a frontend on behalf of a build whose Solve call is in progress. This is the only way to get the answer of a
 * subrequest, which the response of Solve leaves out. Ends that Solve call, with a result or an error.
 */
export async function solveThroughGateway(
  client: BuildkitClient,
  ref: string,
  frontend: Frontend,
  signal: AbortSignal,
): Promise<GatewayResult> {
  const bridge = client.service(LLBBridge);
  const options = { signal, headers: { "buildkit-controlapi-buildid": ref } };
  await bridge.ping({}, options);
  try {
    const request = { frontend: frontend.name, frontendOpt: { ...frontend.attributes } };
    const { result } = await bridge.solve(
      { ...request, allowResultReturn: true, allowResultArrayRef: true },
      options,
    );
    await bridge.return({ result }, options);
    return result?.metadata ?? {};
  } catch (cause) {
    const { code, rawMessage } = ConnectError.from(cause);
    // Otherwise the Solve call would wait for an answer until its timeout.
    await bridge.return({ error: { code, message: rawMessage } }, options).catch(() => {});
    throw cause;
  }
}
