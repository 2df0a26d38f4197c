import type { Duplex } from "node:stream";
import type { MessageInitShape } from "@bufbuild/protobuf";
import type { HttpTransferSchema } from "../gen/slipway/driver/v1/image_store_pb.js";

/** An address that the host connects to without the plugin, for example `{ case: "unix", value: { path } }`. */
export type DirectEndpoint = Extract<
  NonNullable<MessageInitShape<typeof HttpTransferSchema>["address"]>,
  { case: "unix" | "tcp" }
>;

/** A request of HTTP/1.1 that carries an image archive. */
export interface ArchiveRequest {
  /**
   * Opens a connection to the server, if the host cannot do so itself. The signal covers only the opening. The SDK then
   * owns the stream: it half-closes it (`allowHalfOpen`) and destroys it.
   */
  connect(signal: AbortSignal): Promise<Duplex>;
  /** Where a host on this machine connects by itself, so that the archive's bytes do not pass through the plugin. */
  direct?: DirectEndpoint;
  /** "POST". */
  method: string;
  /** With its query. */
  path: string;
  /** Header fields, without those that frame the request: the host sets them. */
  headers?: Record<string, string>;
}

/** The answer to an {@link ArchiveRequest}. */
export interface ArchiveAnswer {
  status: number;
  /** Its body. Reading it throws {@link TransferBroken} when the connection breaks, and when the caller cancels. */
  body: AsyncIterable<Uint8Array>;
}

/** An archive that the host sends. The store reads it or sends it to a server, once. */
export interface SentArchive extends AsyncIterable<Uint8Array> {
  /**
   * Sends the archive as the body of a request, from the host itself when possible. Resolves with the head of the
   * answer, which may come before the archive is sent completely. Rejects with what `connect` throws, and with
   * {@link TransferBroken}.
   */
  sendTo(request: ArchiveRequest): Promise<ArchiveAnswer>;
}

/** An archive that the host receives. The store writes it, or has it fetched from a server; either once. */
export interface ReceivedArchive {
  /** Sends bytes, in chunks of any size. Resolves when the host takes more. */
  write(chunk: Uint8Array): Promise<void>;
  /**
   * Fetches the archive as the body of an answer, by the host itself when possible. Resolves when it is complete, or
   * with an answer whose status is not 2xx and which has no archive. Rejects with what `connect` throws, and with
   * {@link TransferBroken}.
   */
  fetchFrom(request: ArchiveRequest): Promise<ArchiveAnswer>;
}

/** The connection that carried an archive broke. The message is a clause. */
export class TransferBroken extends Error {
  override readonly name = "TransferBroken";
}
