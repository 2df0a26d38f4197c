import { Code, type Interceptor } from "@connectrpc/connect";
import { readTypedError, typedError } from "../errors/typed-error.js";
import { mapErrors } from "../util/map-errors.js";
import { isRefusedToken } from "./lost-connection.js";

/**
 * Returns the bearer token of a call. It is called once for each call, and should return the same token while that is
 * valid; see `exchangedTokens`.
 * @param refused a token that it returned and that the host has refused, so that it returns another one; undefined as long
 *   as the host has refused none
 */
export type TokenSource = (refused?: string) => string | Promise<string>;

/**
 * Sends the tokens of a source. A call that the host refuses because of its token is repeated once if the source has
 * another one by then, unless it streams: the caller repeats that.
 */
export function sendTokens(source: TokenSource): Interceptor {
  let refused: string | undefined;
  return (next) => async (request) => {
    const token = await tokenOf(source, refused);
    request.header.set("authorization", `Bearer ${token}`);
    const note = (cause: unknown) => {
      if (isRefusedToken(cause)) refused = token;
      return cause;
    };
    try {
      const response = await next(request);
      return response.stream ? { ...response, message: mapErrors(response.message, note) } : response;
    } catch (cause) {
      note(cause);
      if (refused !== token || request.stream) throw cause;
      const other = await tokenOf(source, token);
      if (other === token) throw cause;
      request.header.set("authorization", `Bearer ${other}`);
      return next(request);
    }
  };
}

/** The token of a call. An error of the function, such as a missing file, must not look like a lost connection. */
async function tokenOf(source: TokenSource, refused: string | undefined): Promise<string> {
  try {
    return await source(refused);
  } catch (cause) {
    const { domain, message } = readTypedError(cause);
    if (domain) throw cause;
    const failed = typedError({
      code: Code.Unauthenticated,
      reason: "TOKEN_SOURCE_FAILED",
      message: `The function that gives the tokens of calls failed: ${message}.`,
    });
    throw Object.assign(failed, { cause });
  }
}
