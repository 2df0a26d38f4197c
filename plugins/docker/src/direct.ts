import { once } from "node:events";
import { connect } from "node:http2";
import type { EngineApi } from "../../engine/src/api.js";
import { compareApi } from "../../engine/src/api-version.js";
import { connectEngine } from "../../engine/src/connect.js";

/** From this API version on, Engines speak gRPC on the API's own socket, and `POST /grpc` is deprecated. */
const directApi = "1.53";
/** How long an Engine may take to answer with HTTP/2, in milliseconds. */
const timeoutMs = 2_000;

/**
 * Whether BuildKit can be spoken to on the Engine's API socket itself, in HTTP/2 with prior knowledge. What stands
 * before an Engine may pass its API on without that, so it is tried.
 */
export async function speaksGrpc({ address, version }: EngineApi, signal: AbortSignal): Promise<boolean> {
  if (compareApi(version.ApiVersion, directApi) < 0) return false;
  const socket = await connectEngine(address, signal);
  const session = connect("http://localhost", { createConnection: () => socket });
  try {
    await once(session, "remoteSettings", {
      signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
    });
    return true;
  } catch {
    // Then it is not there; `POST /grpc` tells what is wrong if that is not there either.
    return false;
  } finally {
    session.on("error", () => {}).destroy();
    socket.destroy();
  }
}
