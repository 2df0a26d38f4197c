import { Code } from "@connectrpc/connect";
import { StatusError } from "../../errors/status-error.js";
import { Secrets } from "../../gen/moby/buildkit/secrets/v1/secrets_pb.js";
import { maxSecretBytes } from "../../inputs/secret.js";
import { type SessionMethod, unaryMethod } from "../session/method.js";

/**
 * Serves build secrets by id: for `RUN --mount=type=secret`, and ids such as `GIT_AUTH_TOKEN.<host>` that BuildKit
 * requests when it fetches a private Git or HTTP context. Ids are matched exactly. An unknown one is NOT_FOUND, which
 * fails the build only if the secret is required.
 */
export function secrets(values: ReadonlyMap<string, Uint8Array>): SessionMethod[] {
  return [
    unaryMethod(Secrets.method.getSecret, async ({ id }) => {
      const data = values.get(id);
      if (data === undefined)
        throw new StatusError(Code.NotFound, `The build has no secret with the id ${id}.`);
      if (data.byteLength > maxSecretBytes)
        throw new StatusError(
          Code.InvalidArgument,
          `The secret ${id} is larger than ${maxSecretBytes} bytes.`,
        );
      return { data };
    }),
  ];
}
