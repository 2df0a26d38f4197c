import { once } from "node:events";
import { connect } from "node:http2";
import type { EngineApi } from "../../engine/src/api.js";
import { compareApi } from "../../engine/src/api-version.js";
import { connectEngine } from "../../engine/src/connect.js";

/** The first API version whose Engines speak gRPC on the API's socket; `POST /grpc` is deprecated there. */
const directApi = "1.53";
/** How long an Engine may take to answer with HTTP/2, in milliseconds. */
const timeoutMs = 2_000;

/**
 * Whether the Engine's API socket itself serves BuildKit, over HTTP/2 with prior knowledge. A proxy in front of an Engine
 * may not forward that, so this connects instead of trusting the version.
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
    // Not served here. `POST /grpc` is tried next and reports what is wrong.
    return false;
  } finally {
    session.on("error", () => {}).destroy();
    socket.destroy();
  }
}
