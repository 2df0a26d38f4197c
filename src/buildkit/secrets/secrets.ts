import { Code } from "@connectrpc/connect";
import { Secrets } from "../../gen/moby/buildkit/secrets/v1/secrets_pb.js";
import { InputError } from "../../errors/input-error.js";
import { SessionError, type SessionMethod, unaryMethod } from "../session/method.js";

/** Largest secret in bytes; BuildKit's own clients refuse more than 500 KiB. */
export const MAX_SECRET_BYTES = 500 * 1024;

/** Throws an {@link InputError} when BuildKit could not take this secret. */
export function validateSecret(id: string, value: Uint8Array): void {
  const field = `secrets[${id}]`;
  if (id === "")
    throw new InputError({
      reason: "SECRET_ID_MISSING",
      field: "secrets",
      message: "A secret has no id",
      remedy: "Name it as the Dockerfile does: --mount=type=secret,id=<id>",
    });
  if (value.byteLength > MAX_SECRET_BYTES)
    throw new InputError({
      reason: "SECRET_TOO_LARGE",
      field,
      message: `Secret ${id} has ${value.byteLength} bytes, more than the ${MAX_SECRET_BYTES} that BuildKit takes`,
      remedy: "Pass large files as a named context instead",
    });
}

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
        throw new SessionError(Code.NotFound, `no secret with id ${id} was given to the build`);
      if (data.byteLength > MAX_SECRET_BYTES)
        throw new SessionError(Code.InvalidArgument, `secret ${id} is larger than ${MAX_SECRET_BYTES} bytes`);
      return { data };
    }),
  ];
}
