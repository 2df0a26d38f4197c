import { Code, ConnectError } from "@connectrpc/connect";
import { StatusSchema } from "../gen/google/rpc/status_pb.js";
import { decodeBounded } from "../messages/answers.js";
import { withPeriod } from "../util/with-period.js";
import { withTimeout } from "../util/with-timeout.js";
import type { BuildkitClient } from "./client.js";
import { readBlob } from "./content/read-blob.js";

/** How long reading the history may take, in milliseconds. */
const timeoutMs = 10_000;

/**
 * The error of `Control.Solve` with its details. An error with a Dockerfile of more than about 45 KiB does not fit
 * into the trailers that Node can read. BuildKit then resets the call, and the error is read from its history
 * (BuildKit 0.11 and later, not for `internal` builds). Any other error is returned unchanged, and so is this one when
 * the signal aborts first.
 */
export async function fullSolveError(
  client: BuildkitClient,
  ref: string,
  cause: unknown,
  signal: AbortSignal,
): Promise<ConnectError> {
  const error = ConnectError.from(cause);
  if (error.code !== Code.Internal || error.metadata.has("grpc-status")) return error;
  try {
    return (await withTimeout(timeoutMs, signal, (limit) => errorInHistory(client, ref, limit))) ?? error;
  } catch (reason) {
    if (signal.aborted) return error;
    const why = withPeriod(ConnectError.from(reason).rawMessage);
    const message = `The build failed, and its error could not be read from BuildKit's history: ${why}`;
    return new ConnectError(message, error.code, undefined, undefined, error);
  }
}

async function errorInHistory(
  client: BuildkitClient,
  ref: string,
  signal: AbortSignal,
): Promise<ConnectError | undefined> {
  for await (const { record } of client.control.listenBuildHistory({ ref, earlyExit: true }, { signal })) {
    const digest = record?.externalError?.digest;
    if (!digest) continue;
    return readStoredError(client, digest, signal);
  }
  return undefined;
}

/** Reads an error with its details from a blob of the history. */
export async function readStoredError(
  client: BuildkitClient,
  digest: string,
  signal: AbortSignal,
): Promise<ConnectError> {
  const status = decodeBounded(StatusSchema, await readBlob(client, digest, signal));
  const error = new ConnectError(status.message, status.code as Code);
  error.details = status.details.map(({ typeUrl, value }) => ({
    type: typeUrl.slice(typeUrl.lastIndexOf("/") + 1),
    value,
  }));
  return error;
}
