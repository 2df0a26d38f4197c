import { Readable } from "node:stream";
import type { MessageInitShape } from "@bufbuild/protobuf";
import { Code } from "@connectrpc/connect";
import type { ImageStoreRefSchema } from "../../gen/slipway/driver/v1/image_store_pb.js";
import { loadImage } from "../../plugin-client/load-image.js";
import { saveImage } from "../../plugin-client/save-image.js";
import { capabilityIds } from "../../plugin-protocol/capabilities.js";
import { mustFail, mustRefuse } from "../call-outcome.js";
import { type Check, needs } from "../check.js";
import { mustHavePages } from "../pages.js";
import type { Peer } from "../peer.js";
import { must } from "../report/violation.js";
import { collect, streamOf } from "../streams.js";
import type { Subject } from "../subject.js";

const never = new AbortController().signal;

/** An image name that no store has. */
const absent = "conformance.invalid/none:1";

type StoreInit = MessageInitShape<typeof ImageStoreRefSchema> & { driver: string };

/** The calls of ImageStoreService for a store; undefined leaves the store out. */
export function storeCalls({ imageStore }: Peer): Record<string, (store?: StoreInit) => Promise<unknown>> {
  return {
    GetImageStore: (store) => imageStore.getImageStore({ store }),
    LoadImage: (store) =>
      store
        ? loadImage(imageStore, store, Readable.from([]), { signal: never })
        : collect(imageStore.loadImage(streamOf({}))),
    SaveImage: (store) =>
      store
        ? collect(saveImage(imageStore, store, [absent], never))
        : collect(imageStore.saveImage(streamOf(withoutStore))),
    PushImage: (store) => collect(imageStore.pushImage({ store, name: absent })),
    ListImages: (store) => imageStore.listImages({ store, name: absent }),
    RemoveImage: (store) => imageStore.removeImage({ store, name: absent }),
  };
}

const withoutStore = { event: { case: "images" as const, value: { names: [absent] } } };

/** The backend's store. */
export function storeOf({ driver, backend }: Subject) {
  return { driver: driver.name, endpoint: backend!.config.endpoint, environment: backend!.environment };
}

/** Checks of image stores. */
export const imageStoreChecks: Check[] = [
  {
    id: "DRV-STORE-MISSING",
    title: "A call without a store fails with INVALID_ARGUMENT",
    rule: "errors",
    when: needs(capabilityIds.imageStore),
    async run(subject) {
      const expected = { code: Code.InvalidArgument, reason: "STORE_MISSING" };
      for (const [rpc, call] of Object.entries(storeCalls(await subject.peer()))) {
        await mustFail(`${rpc} without a store`, call(), expected);
      }
    },
  },
  {
    id: "DRV-STORE",
    title: "GetImageStore describes the store",
    rule: "image-stores",
    backend: true,
    when: needs(capabilityIds.imageStore),
    async run(subject) {
      const { imageStore } = await subject.peer();
      const { description } = await imageStore.getImageStore({ store: storeOf(subject) });
      must(description, "The store has no description.");
    },
  },
  {
    id: "DRV-STORE-PAGES",
    title: "ListImages has pages, and refuses wrong page sizes and tokens",
    rule: "lists",
    backend: true,
    when: needs(capabilityIds.imageStore),
    async run(subject) {
      const { imageStore } = await subject.peer();
      await mustHavePages("ListImages", async (page) => {
        const { images, nextPageToken } = await imageStore.listImages({ store: storeOf(subject), ...page });
        return { keys: images.map(({ id }) => id), nextPageToken };
      });
    },
  },
  {
    id: "DRV-STORE-ABSENT",
    title: "An absent image is not listed, can be removed, and fails with NOT_FOUND when saved or pushed",
    rule: "image-stores",
    backend: true,
    when: needs(capabilityIds.imageStore),
    async run(subject) {
      const { imageStore } = await subject.peer();
      const store = storeOf(subject);
      const { images } = await imageStore.listImages({ store, name: absent });
      must(images.length === 0, `The absent image ${absent} is listed.`);
      await imageStore.removeImage({ store, name: absent });
      const saved = collect(saveImage(imageStore, store, [absent], never));
      await mustFail(`SaveImage of ${absent}`, saved, { code: Code.NotFound });
      const credential = { username: "conformance", secret: subject.canary };
      const push = collect(imageStore.pushImage({ store, name: absent, credential }));
      const error = await mustRefuse(`PushImage of ${absent}`, push, [Code.NotFound]);
      must(!JSON.stringify(error).includes(subject.canary), "The error of PushImage contains a credential.");
    },
  },
];
