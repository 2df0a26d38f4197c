import type { ServiceImpl } from "@connectrpc/connect";
import type {
  ImageStoreRef,
  ImageStoreService,
  LoadImageRequest,
} from "../gen/slipway/driver/v1/image_store_pb.js";
import { capabilityIds } from "../plugin-protocol/capabilities.js";
import { maxArchiveChunkBytes } from "../plugin-protocol/connection.js";
import { chunks } from "../util/chunks.js";
import { requireImplemented } from "./capabilities.js";
import { requestError } from "./driver-error.js";
import type { DriverTable } from "./driver-table.js";
import { streaming, unary } from "./handler.js";
import type { ImageStore, StoreRef } from "./image-store.js";
import { withSteps } from "./steps.js";

/** ImageStoreService of a plugin's drivers. */
export function imageStoreService(table: DriverTable): ServiceImpl<typeof ImageStoreService> {
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
      const first = await messages.next();
      if (first.done)
        throw requestError(
          "store",
          "STORE_MISSING",
          "The first message of a load must name the image store.",
        );
      const [store, ref] = find(first.value.store, "LoadImage");
      const archive = bytesOf(first.value, messages);
      for await (const event of withSteps((progress) => store.load(ref, archive, { progress, signal }))) {
        yield event.case === "progress" ? { progress: event.value } : { loaded: event.value };
      }
    }),

    findLayers: unary(async (request, { signal }) => {
      const [store, ref] = find(request.store, "FindLayers", capabilityIds.imageStoreLayers);
      return { layers: await store.findLayers!(ref, request.layers, { signal }) };
    }),

    saveImage: streaming(async function* (request, { signal }) {
      const [store, ref] = find(request.store, "SaveImage");
      for await (const chunk of store.save(ref, request.names, { signal })) {
        for (const data of chunks(chunk, maxArchiveChunkBytes)) yield { data };
      }
    }),

    pushImage: streaming(async function* ({ store: storeRef, name, credential }, { signal }) {
      const [store, ref] = find(storeRef, "PushImage");
      const work = withSteps((progress) => store.push(ref, { name, credential }, { progress, signal }));
      for await (const event of work) {
        yield event.case === "progress" ? { progress: event.value } : { digest: event.value };
      }
    }),

    listImages: unary(async (request, { signal }) => {
      const [store, ref] = find(request.store, "ListImages");
      return { images: await store.list(ref, { name: request.name }, { signal }) };
    }),

    removeImage: unary(async ({ store: storeRef, name, force }, { signal }) => {
      const [store, ref] = find(storeRef, "RemoveImage");
      await store.remove(ref, { name, force }, { signal });
      return {};
    }),
  };
}

async function* bytesOf(
  first: LoadImageRequest,
  rest: AsyncIterator<LoadImageRequest>,
): AsyncIterable<Uint8Array> {
  if (first.data.length > 0) yield first.data;
  for (let next = await rest.next(); !next.done; next = await rest.next()) {
    if (next.value.data.length > 0) yield next.value.data;
  }
}
