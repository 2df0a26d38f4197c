import { Code, driverError, withPeriod } from "slipway/driver";
import type { EngineAddress } from "./address.js";
import { explainEngineError, explainTlsRequired } from "./explain-error.js";

/** An error answer of an Engine. */
export class EngineAnswer extends Error {
  constructor(
    readonly statusCode: number,
    body: string,
  ) {
    super(messageOf(body));
  }
}

/** Makes a typed error of an error answer of an Engine, or of a failed connection. */
export function explainAnswer(error: unknown, address: EngineAddress): Error {
  const { statusCode, message } = error as Partial<EngineAnswer>;
  if (statusCode === undefined || message === undefined) return explainEngineError(error, address);
  const answer = answerOf({ message });
  const [code, reason] = meanings[statusCode] ?? [Code.Internal, "ENGINE_ERROR"];
  return (
    explainTlsRequired(answer, address) ??
    driverError({
      code,
      reason,
      message: withPeriod(`The Docker Engine at ${address.endpoint} answers: ${answer}`),
    })
  );
}

/** The Engine's own text in an error of its API. */
export function answerOf({ message }: Pick<Error, "message">): string {
  // Dockerode wraps the answer: "(HTTP code 404) no such image - No such image: a:1 ".
  return /^\(HTTP code \d+\) .*? - (.*?) ?$/s.exec(message)?.[1] ?? message;
}

const meanings: Record<number, [Code, string]> = {
  400: [Code.InvalidArgument, "ENGINE_REFUSES"],
  401: [Code.Unauthenticated, "ENGINE_FORBIDS"],
  403: [Code.PermissionDenied, "ENGINE_FORBIDS"],
  404: [Code.NotFound, "IMAGE_NOT_FOUND"],
  409: [Code.FailedPrecondition, "IMAGE_IN_USE"],
  503: [Code.Unavailable, "ENGINE_UNAVAILABLE"],
};

/** The text of an error answer. Only Engines send JSON; a proxy may send something else. */
export function messageOf(body: string): string {
  try {
    return JSON.parse(body).message ?? body;
  } catch {
    return body.trim();
  }
}
