import type { MessageInitShape } from "@bufbuild/protobuf";
import { BuildService } from "../../gen/slipway/v1/build_codec.js";
import type { StartBuildRequestSchema } from "../../gen/slipway/v1/build_pb.js";
import { defaultSocketPath, socketPathIn } from "../../host-address/socket-path.js";
import type { BuildHost } from "../build-host.js";
import { forwardedEnvironment } from "../forwarded-environment.js";
import { type Caller, keptNegotiation, type Negotiated, negotiate } from "./negotiated.js";
import type { openUploads } from "./open-uploads.js";
import { type CallOptions, SocketCalls } from "./socket-calls.js";

/**
 * Connects to the host on this machine that the environment selects; undefined when it does not run, or when the host is
 * not on a unix socket: `connect` of the client library is for these. Does not negotiate if an earlier process did.
 */
export async function openLocalHost(
  client: Caller["client"],
  env: NodeJS.ProcessEnv,
): Promise<BuildHost | undefined> {
  const socket = env.SLIPWAY_HOST ? socketPathIn(env.SLIPWAY_HOST) : defaultSocketPath(env);
  const calls = socket && (await SocketCalls.open(socket));
  if (!calls) return undefined;
  try {
    const how = { client, socket, env };
    return localHost(calls, how, keptNegotiation(how) ?? (await negotiate(calls, how)));
  } catch (cause) {
    calls.close();
    throw cause;
  }
}

function localHost(calls: SocketCalls, how: Caller, negotiated: Negotiated): BuildHost {
  const { socket, env } = how;
  /** The host refuses, before any work, a build that was made for an answer to Negotiate that no longer holds. */
  const startBuild = async (
    request: MessageInitShape<typeof StartBuildRequestSchema>,
    { headers: given }: CallOptions = {},
  ) => {
    const headers = { ...given, ...(negotiated.etag && { "if-match": negotiated.etag }) };
    try {
      return await calls.unary(BuildService.startBuild, request, { headers });
    } catch (cause) {
      if (!(await isOutdated(cause))) throw cause;
      const { environment: asked } = await negotiate(calls, how);
      const environment = forwardedEnvironment(asked, env);
      const again = { ...request, spec: { ...request.spec, environment } };
      return calls.unary(BuildService.startBuild, again as typeof request, { headers: given });
    }
  };
  let uploading: ReturnType<typeof openUploads> | undefined;
  return {
    builds: {
      startBuild,
      watchBuild: (request, options) => calls.stream(BuildService.watchBuild, request, options),
      cancelBuild: (request, options) => calls.unary(BuildService.cancelBuild, request, options),
      readOutput: (request, options) => calls.stream(BuildService.readOutput, request, options),
    },
    isLocal: negotiated.capabilities.some(({ id }) => id === "paths.local"),
    environment: forwardedEnvironment(negotiated.environment, env),
    async uploads() {
      uploading ??= import("./open-uploads.js").then(({ openUploads }) => openUploads(socket));
      return (await uploading).uploads;
    },
    close() {
      calls.close();
      void uploading?.then(
        ({ close }) => close(),
        () => {},
      );
    },
  };
}

async function isOutdated(cause: unknown): Promise<boolean> {
  const { readTypedError } = await import("../../errors/typed-error.js");
  return readTypedError(cause).reason === "NEGOTIATION_OUTDATED";
}
