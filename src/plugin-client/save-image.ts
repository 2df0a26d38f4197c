import type { MessageInitShape } from "@bufbuild/protobuf";
import type { Client } from "@connectrpc/connect";
import type {
  HttpTransfer,
  ImageStoreRefSchema,
  ImageStoreService,
  SaveImageRequestSchema,
  SaveImageResponse,
} from "../gen/slipway/driver/v1/image_store_pb.js";
import { maxArchiveChunkBytes } from "../plugin-protocol/connection.js";
import { Channel } from "../util/channel.js";
import { driverFault } from "./driver-fault.js";
import { type AnswerPart, exchangeArchive } from "./http-transfer.js";

type Requests = Channel<MessageInitShape<typeof SaveImageRequestSchema>>;
type StoreInit = MessageInitShape<typeof ImageStoreRefSchema> & { driver: string };

/** Reads images as an archive, from their store or through its plugin, as the plugin wishes, at the reader's pace. */
export async function* saveImage(
  imageStore: Client<typeof ImageStoreService>,
  store: StoreInit,
  names: string[],
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const requests: Requests = new Channel();
  const over = new AbortController();
  const either = AbortSignal.any([signal, over.signal]);
  void requests.send({ event: { case: "images", value: { store, names } } });
  const responses = imageStore.saveImage(requests, { signal: either })[Symbol.asyncIterator]();
  let failure: { cause: unknown } | undefined;
  try {
    const first = await responses.next();
    const transport = first.done ? undefined : first.value.event;
    if (transport?.case !== "transfer")
      throw driverFault(store.driver, "sends an image archive before it says how");
    if (transport.value.transport.case === "http") {
      const end = responses.next();
      end.catch((cause) => {
        failure = { cause };
        over.abort();
      });
      const isComplete = yield* receive(transport.value.transport.value, store.driver, requests, either);
      if (!(await end).done) throw driverFault(store.driver, "sends an image archive in two ways");
      if (!isComplete) throw driverFault(store.driver, "takes a failed answer for an image archive");
    } else if (transport.value.transport.case === "stream") {
      requests.close();
      yield* dataIn({ [Symbol.asyncIterator]: () => responses }, store.driver);
    } else throw driverFault(store.driver, "asks for an unknown kind of transfer");
  } catch (cause) {
    throw failure && !signal.aborted ? failure.cause : cause;
  } finally {
    over.abort();
    requests.close();
  }
}

async function* receive(
  transfer: HttpTransfer,
  driver: string,
  requests: Requests,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, boolean> {
  const send = (part: AnswerPart) => requests.send({ event: { case: "answer", value: { part } } });
  const isComplete = yield* exchangeArchive(transfer, { driver, send, signal });
  requests.close();
  return isComplete;
}

async function* dataIn(responses: AsyncIterable<SaveImageResponse>, driver: string) {
  for await (const { event } of responses) {
    if (event.case !== "data") throw driverFault(driver, "says twice how an image archive travels");
    if (event.value.length > maxArchiveChunkBytes)
      throw driverFault(driver, `sends a chunk of ${event.value.length} bytes of an image archive`);
    yield event.value;
  }
}
