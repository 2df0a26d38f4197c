import type { MessageInitShape } from "@bufbuild/protobuf";
import { Code } from "@connectrpc/connect";
import type {
  LoadImageRequest,
  SaveImageRequest,
  SaveImageResponseSchema,
} from "../gen/slipway/driver/v1/image_store_pb.js";
import { maxArchiveChunkBytes } from "../plugin-protocol/connection.js";
import { chunks } from "../util/chunks.js";
import { withPeriod } from "../util/with-period.js";
import {
  type AnswerPart,
  ArchiveTransfer,
  type TransferOptions,
  transferIncomplete,
} from "./archive-transfer.js";
import { driverError } from "./driver-error.js";
import { type ReceivedArchive, type SentArchive, TransferBroken } from "./image-archive.js";

/** Runs work with a transfer, and closes it. A connection that broke is UNAVAILABLE unless the work says more. */
export async function withTransfer<T>(
  options: TransferOptions,
  work: (transfer: ArchiveTransfer) => Promise<T>,
): Promise<T> {
  const transfer = new ArchiveTransfer(options);
  try {
    return await work(transfer);
  } catch (cause) {
    if (!(cause instanceof TransferBroken)) throw cause;
    const message = withPeriod(`The connection that carries the image archive broke: ${cause.message}`);
    throw driverError({ code: Code.Unavailable, reason: "CONNECTION_LOST", message });
  } finally {
    transfer.close();
  }
}

/** The archive of LoadImage. */
export function sentArchive(
  transfer: ArchiveTransfer,
  messages: AsyncIterator<LoadImageRequest>,
): SentArchive {
  const bytes = async function* () {
    await transfer.stream();
    for (let next = await messages.next(); !next.done; next = await messages.next()) {
      const { event } = next.value;
      if (event.case !== "data") throw transferIncomplete("A request of LoadImage has no data.");
      yield event.value;
    }
  };
  return {
    [Symbol.asyncIterator]: bytes,
    sendTo: async (request) =>
      (await transfer.request(request)) ?? (await transfer.exchange(request, bytes())),
  };
}

/** The archive of SaveImage. */
export function receivedArchive(
  transfer: ArchiveTransfer,
  send: (event: NonNullable<MessageInitShape<typeof SaveImageResponseSchema>["event"]>) => Promise<void>,
): ReceivedArchive {
  let streaming: Promise<void> | undefined;
  const write = async (chunk: Uint8Array) => {
    streaming ??= transfer.stream();
    await streaming;
    for (const value of chunks(chunk, maxArchiveChunkBytes)) await send({ case: "data", value });
  };
  return {
    write,
    async fetchFrom(request) {
      const direct = await transfer.request(request);
      const answer = direct ?? (await transfer.exchange(request));
      if (answer.status < 200 || answer.status > 299) return answer;
      for await (const chunk of answer.body) {
        if (direct) throw transferIncomplete("The host sent an archive to the plugin.");
        await write(chunk);
      }
      return answer;
    },
  };
}

/** The parts of an answer in the requests of a call. */
export async function* answersIn(
  messages: AsyncIterator<LoadImageRequest | SaveImageRequest>,
): AsyncGenerator<AnswerPart> {
  for (let next = await messages.next(); !next.done; next = await messages.next()) {
    const { event } = next.value;
    if (event.case !== "answer") throw transferIncomplete("A request has no part of the answer.");
    yield event.value.part;
  }
}
