import { validateHeaderName, validateHeaderValue } from "node:http";
import type { Readable } from "node:stream";
import type { MessageInitShape } from "@bufbuild/protobuf";
import type { HttpAnswerSchema, HttpTransfer } from "../gen/slipway/driver/v1/image_store_pb.js";
import { httpExchange } from "../network/http-exchange.js";
import { maxArchiveChunkBytes } from "../plugin-protocol/connection.js";
import { chunks } from "../util/chunks.js";
import { connectEndpoint, type DirectEndpoint } from "./connect-endpoint.js";
import { driverFault } from "./driver-fault.js";

/** A part of an answer, for the plugin. */
export type AnswerPart = NonNullable<MessageInitShape<typeof HttpAnswerSchema>["part"]>;

/** Header fields that frame a request. They are the host's. */
const framing = /^(connection|content-length|expect|trailer|transfer-encoding|upgrade)$/i;

/** What {@link exchangeArchive} works with. */
export interface ExchangeOptions {
  /** Name of the driver, for errors. */
  driver: string;
  /** The archive to send. It is not destroyed. Without it, the body of a successful answer is an archive. */
  body?: Readable;
  /** Passes a part of the answer to the plugin, at the plugin's pace. */
  send(part: AnswerPart): Promise<void>;
  /** Closes the connection. */
  signal: AbortSignal;
}

/**
 * Makes the request of a plugin. Yields the archive that is read, and gives the plugin all else of the answer to judge,
 * or why there is none. Returns whether the answer was successful and complete. Throws when the body breaks, when the
 * signal aborts, and DRIVER_FAULT for a request that cannot be made.
 */
export async function* exchangeArchive(
  transfer: HttpTransfer,
  { driver, body, send, signal }: ExchangeOptions,
): AsyncGenerator<Uint8Array, boolean> {
  const { endpoint, ...request } = readTransfer(transfer, driver);
  try {
    const connection = await connectEndpoint(endpoint, { protocol: "http/1.1" });
    const answer = await httpExchange(connection, request, body, signal);
    const status = answer.statusCode ?? 0;
    const isSuccess = status >= 200 && status < 300;
    await send({ case: "status", value: status });
    if (isSuccess && !body) yield* answer;
    else await forward(answer, send);
    return isSuccess;
  } catch (cause) {
    signal.throwIfAborted();
    if (body?.errored) throw body.errored;
    await send({ case: "failure", value: cause instanceof Error ? cause.message : String(cause) });
    return false;
  }
}

async function forward(answer: AsyncIterable<Uint8Array>, send: ExchangeOptions["send"]): Promise<void> {
  for await (const chunk of answer)
    for (const value of chunks(chunk, maxArchiveChunkBytes)) await send({ case: "body", value });
}

/** Checks a request, so that only the connection can fail later. */
function readTransfer({ address, method, path, headers }: HttpTransfer, driver: string) {
  const fault = (what: string) => driverFault(driver, `asks for an HTTP request ${what}`);
  if (address.case === undefined) throw fault("to an unknown kind of address");
  if (!/^[A-Z]+$/.test(method)) throw fault("with an invalid method");
  if (!/^\/[!-~]*$/.test(path)) throw fault("with an invalid path");
  const fields: Record<string, string[]> = {};
  for (const { name, value } of headers) {
    try {
      validateHeaderName(name);
      validateHeaderValue(name, value);
    } catch {
      throw fault("with an invalid header field");
    }
    if (framing.test(name)) throw fault(`with the header field ${name}`);
    fields[name] = [...(fields[name] ?? []), value];
  }
  const endpoint: DirectEndpoint = address;
  return { endpoint, method, path, headers: fields };
}
