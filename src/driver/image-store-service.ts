import type { MessageInitShape } from "@bufbuild/protobuf";
import type { ServiceImpl } from "@connectrpc/connect";
import {
  type ImageStoreRef,
  type ImageStoreService,
  ListImagesRequestSchema,
  type LoadImageRequest,
  type SaveImageRequest,
  type SaveImageResponseSchema,
  type StoredImageSchema,
} from "../gen/slipway/driver/v1/image_store_pb.js";
import { fullName } from "../image/reference.js";
import { capabilityIds } from "../plugin-protocol/capabilities.js";
import { reporting } from "../util/reporting.js";
import type { TransferInit } from "./archive-transfer.js";
import { answersIn, receivedArchive, sentArchive, withTransfer } from "./archives.js";
import { requireImplemented } from "./capabilities.js";
import { requestError } from "./driver-error.js";
import type { DriverTable } from "./driver-table.js";
import { streaming, unary } from "./handler.js";
import type { ImageStore, StoreRef } from "./image-store.js";
import { pager } from "./pages.js";
import { withSteps } from "./steps.js";

/**
 * ImageStoreService of a plugin's drivers.
 * @param folder for sockets; undefined when the host is on another machine
 */
export function imageStoreService(
  table: DriverTable,
  folder: string | undefined,
): ServiceImpl<typeof ImageStoreService> {
  const find = (
    ref: ImageStoreRef | undefined,
    call: string,
    capability: string = capabilityIds.imageStore,
  ): [ImageStore, StoreRef] => {
    if (!ref) throw requestError("store", "STORE_MISSING", "The image store is missing.");
    const driver = table.get(ref.driver);
    requireImplemented(table.descriptor(driver), capability, call);
    return [driver.imageStore!, ref];
  };

  return {
    getImageStore: unary((request, { signal }) => {
      const [store, ref] = find(request.store, "GetImageStore");
      return store.get(ref, { signal });
    }),

    loadImage: streaming(async function* (requests: AsyncIterable<LoadImageRequest>, { signal }) {
      const messages = requests[Symbol.asyncIterator]();
      const { value: first } = await messages.next();
      const [store, ref] = find(first?.event.case === "store" ? first.event.value : undefined, "LoadImage");
      const work = withSteps((progress, choose: (transfer: TransferInit) => Promise<void>) =>
        withTransfer({ folder, choose, answers: answersIn(messages), signal }, (transfer) =>
          store.load(ref, sentArchive(transfer, messages), { progress, signal }),
        ),
      );
      for await (const { case: kind, value } of work) {
        if (kind === "progress") yield { event: { case: "progress" as const, value } };
        else if (kind === "event") yield { event: { case: "transfer" as const, value } };
        else yield { event: { case: "loaded" as const, value: { names: value.map(fullName) } } };
      }
    }),

    findLayers: unary(async (request, { signal }) => {
      const [store, ref] = find(request.store, "FindLayers", capabilityIds.imageStoreLayers);
      return { layers: await store.findLayers!(ref, request.layers, { signal }) };
    }),

    saveImage: streaming(async function* (requests: AsyncIterable<SaveImageRequest>, { signal }) {
      const messages = requests[Symbol.asyncIterator]();
      const { value: first } = await messages.next();
      const images = first?.event.case === "images" ? first.event.value : undefined;
      const [store, ref] = find(images?.store, "SaveImage");
      type Event = NonNullable<MessageInitShape<typeof SaveImageResponseSchema>["event"]>;
      const events = reporting((send: (event: Event) => Promise<void>) => {
        const choose = (value: TransferInit) => send({ case: "transfer", value });
        return withTransfer({ folder, choose, answers: answersIn(messages), signal }, (transfer) =>
          store.save(ref, images!.names, receivedArchive(transfer, send), { signal }),
        );
      });
      for await (const event of events) yield { event };
    }),

    pushImage: streaming(async function* ({ store: storeRef, name, credential }, { signal }) {
      const [store, ref] = find(storeRef, "PushImage");
      const work = withSteps((progress) => store.push(ref, { name, credential }, { progress, signal }));
      for await (const event of work) {
        yield event.case === "progress"
          ? { event }
          : { event: { case: "pushed" as const, value: { digest: event.value } } };
      }
    }),

    listImages: unary(async (request, { signal }) => {
      const [store, ref] = find(request.store, "ListImages");
      const page = pager(ListImagesRequestSchema, request);
      const images = await store.list(ref, { name: request.name }, { signal });
      const { entries, nextPageToken } = page(images, ({ id = "" }) => id);
      return { images: entries.map(withFullNames), nextPageToken };
    }),

    removeImage: unary(async ({ store: storeRef, name, force }, { signal }) => {
      const [store, ref] = find(storeRef, "RemoveImage");
      await store.remove(ref, { name, force }, { signal });
      return {};
    }),
  };
}

/** Stores report names as they were given or in short forms. */
function withFullNames(image: MessageInitShape<typeof StoredImageSchema>) {
  const { names = [], repoDigests = [] } = image;
  return { ...image, names: names.map(fullName), repoDigests: repoDigests.map(fullName) };
}
