import { addAbortSignal, type Readable, Writable } from "node:stream";
import { finished } from "node:stream/promises";
import type { MessageInitShape } from "@bufbuild/protobuf";
import type { Client } from "@connectrpc/connect";
import type { Progress } from "../gen/slipway/common/v1/progress_pb.js";
import type {
  ArchiveTransfer,
  ImageStoreRefSchema,
  ImageStoreService,
  LoadImageRequestSchema,
} from "../gen/slipway/driver/v1/image_store_pb.js";
import { feed } from "../network/feed.js";
import { maxArchiveChunkBytes } from "../plugin-protocol/connection.js";
import { Channel } from "../util/channel.js";
import { chunks } from "../util/chunks.js";
import { driverFault } from "./driver-fault.js";
import { type AnswerPart, exchangeArchive } from "./http-transfer.js";

type StoreInit = MessageInitShape<typeof ImageStoreRefSchema> & { driver: string };
type Requests = Channel<MessageInitShape<typeof LoadImageRequestSchema>>;

/** What {@link loadImage} works with. */
export interface LoadImageOptions {
  /** Called with each step that the plugin reports. */
  onProgress?(progress: Progress): void;
  /** Ends the load; no tag changes then. */
  signal: AbortSignal;
}

/**
 * Sends an image archive to a store, directly or through its plugin, as the plugin wishes, at the store's pace. Returns
 * the names or ids that it loaded. The archive is not destroyed, and need not be read to its end.
 */
export async function loadImage(
  imageStore: Client<typeof ImageStoreService>,
  store: StoreInit,
  archive: Readable,
  { onProgress = () => {}, signal }: LoadImageOptions,
): Promise<string[]> {
  const requests: Requests = new Channel();
  const over = new AbortController();
  const either = AbortSignal.any([signal, over.signal]);
  let failure: { cause: unknown } | undefined;
  let sending: Promise<void> | undefined;
  let loaded: string[] | undefined;
  void requests.send({ event: { case: "store", value: store } });
  try {
    for await (const { event } of imageStore.loadImage(requests, { signal: either })) {
      if (event.case === "progress") onProgress(event.value);
      else if (event.case === "loaded") loaded = event.value.names;
      else if (event.case === "transfer") {
        if (sending) throw driverFault(store.driver, "asks for an image archive twice");
        sending = send(event.value, store.driver, archive, requests, either);
        sending.catch((cause) => {
          if (either.aborted) return;
          failure = { cause };
          over.abort();
        });
      }
    }
    if (!loaded?.length) throw driverFault(store.driver, "does not say what it loaded");
    return loaded;
  } catch (cause) {
    throw failure ? failure.cause : cause;
  } finally {
    over.abort();
    requests.close();
    // At once: the caller may read the rest, and a later end of the transfer would pause it.
    archive.unpipe();
  }
}

/** Sends the archive, and everything that the plugin gets to know of it. */
async function send(
  { transport }: ArchiveTransfer,
  driver: string,
  body: Readable,
  requests: Requests,
  signal: AbortSignal,
): Promise<void> {
  if (transport.case === "http") {
    const answer = (part: AnswerPart) => requests.send({ event: { case: "answer", value: { part } } });
    await exchangeArchive(transport.value, { driver, body, send: answer, signal }).next();
  } else if (transport.case === "stream") await sendInStream(body, requests, signal);
  else throw driverFault(driver, "asks for an unknown kind of transfer");
  requests.close();
}

async function sendInStream(body: Readable, requests: Requests, signal: AbortSignal): Promise<void> {
  const sink = new Writable({
    highWaterMark: maxArchiveChunkBytes,
    write(chunk: Buffer, _encoding, done) {
      const sendAll = async () => {
        for (const value of chunks(chunk, maxArchiveChunkBytes))
          await requests.send({ event: { case: "data", value } });
      };
      sendAll().then(() => done(), done);
    },
  });
  addAbortSignal(signal, sink);
  feed(body, sink);
  await finished(sink);
}
