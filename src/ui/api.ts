import { Code, ConnectError, createClient, type Interceptor } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-web";
import { ErrorInfoSchema, HelpSchema, RequestInfoSchema } from "../gen/google/rpc/error_details_pb.js";
import { BuildService } from "../gen/slipway/v1/build_pb.js";
import { BuilderService } from "../gen/slipway/v1/builder_pb.js";
import { DebugService } from "../gen/slipway/v1/debug_pb.js";
import { HistoryService } from "../gen/slipway/v1/history_pb.js";
import { HostService } from "../gen/slipway/v1/host_pb.js";
import { PluginService } from "../gen/slipway/v1/plugin_pb.js";
import { connection, isRefusal } from "./connection.js";
import { currentToken, keepToken } from "./session.js";

/**
 * Adds the token, and learns the time of the host and whether it answers. Calls wait while the host refuses the token, and
 * one that it refused is sent again with the next token.
 */
const everyCall: Interceptor = (next) => async (request) => {
  const isSignIn = request.header.has("authorization");
  for (;;) {
    if (!isSignIn) await connection.admission(request.signal);
    const token = currentToken();
    if (token && !isSignIn) request.header.set("authorization", `Bearer ${token}`);
    const sent = Date.now();
    try {
      const response = await next(request);
      connection.answered(response.header.get("date"), sent);
      return response;
    } catch (cause) {
      if (request.signal.aborted) throw cause;
      const isOld = !isSignIn && token !== currentToken();
      if (!isOld || !isRefusal(cause)) connection.failed(cause);
      // A stream's request is read once.
      if (isSignIn || request.stream || !isRefusal(cause)) throw cause;
    }
  }
};

const transport = createConnectTransport({
  baseUrl: location.origin,
  useBinaryFormat: true,
  interceptors: [everyCall],
});

/** The services of the host that the page calls. */
export const api = {
  host: createClient(HostService, transport),
  builds: createClient(BuildService, transport),
  builders: createClient(BuilderService, transport),
  debug: createClient(DebugService, transport),
  history: createClient(HistoryService, transport),
  plugins: createClient(PluginService, transport),
};

/** What the page calls itself. */
export const client = { name: "slipway-page", version: "1" };

/** Has the calls of this tab carry a token. Rejects when the host does not take it. */
export async function signIn(token: string): Promise<void> {
  const { principal } = await api.host.negotiate(
    { client },
    { headers: { authorization: `Bearer ${token}` } },
  );
  keepToken(token);
  connection.admit(principal);
}

/** An error of a call, for people. */
export interface Problem {
  message: string;
  reason: string;
  remedy: string;
  /** The call's id, which its lines in the host's log have; empty when no host answered. */
  callId: string;
}

/** What an error says. */
export function problemOf(cause: unknown): Problem {
  const error = ConnectError.from(cause);
  return {
    message: error.rawMessage,
    reason: error.findDetails(ErrorInfoSchema)[0]?.reason ?? Code[error.code],
    remedy: error.findDetails(HelpSchema)[0]?.links[0]?.description ?? "",
    callId: error.findDetails(RequestInfoSchema)[0]?.requestId ?? "",
  };
}
