import { Code } from "@connectrpc/connect";
import { StatusError } from "../../errors/status-error.js";
import { Secrets } from "../../gen/moby/buildkit/secrets/v1/secrets_pb.js";
import { maxSecretBytes } from "../../inputs/secret.js";
import { type SessionMethod, unaryMethod } from "../session/method.js";

/**
 * Serves build secrets by id (`RUN --mount=type=secret`, and the ids such as `GIT_AUTH_TOKEN.<host>` that BuildKit asks
 * for when it fetches a private git or http context). Ids are matched exactly; an unknown one is NOT_FOUND, which
 * BuildKit takes as fatal only where the secret is required.
 */
export function secrets(values: ReadonlyMap<string, Uint8Array>): SessionMethod[] {
  return [
    unaryMethod(Secrets.method.getSecret, async ({ id }) => {
      const data = values.get(id);
      if (data === undefined)
        throw new StatusError(Code.NotFound, `no secret with id ${id} was given to the build`);
      if (data.byteLength > maxSecretBytes)
        throw new StatusError(Code.InvalidArgument, `secret ${id} is larger than ${maxSecretBytes} bytes`);
      return { data };
    }),
  ];
}
