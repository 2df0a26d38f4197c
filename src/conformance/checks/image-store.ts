import type { MessageInitShape } from "@bufbuild/protobuf";
import { Code } from "@connectrpc/connect";
import type { ImageStoreRefSchema } from "../../gen/slipway/driver/v1/image_store_pb.js";
import { mustFail, mustRefuse } from "../call-outcome.js";
import { type Check, needs } from "../check.js";
import type { Peer } from "../plugin-process.js";
import { collect, only } from "../streams.js";
import type { Subject } from "../subject.js";
import { must } from "../violation.js";

/** A name that no store has. */
const absent = "conformance.invalid/none:1";

type StoreInit = MessageInitShape<typeof ImageStoreRefSchema>;

/** The calls of ImageStoreService, each for a store that is not told, or told by its driver's name only. */
export function storeCalls({ imageStore }: Peer): Record<string, (store?: StoreInit) => Promise<unknown>> {
  return {
    GetImageStore: (store) => imageStore.getImageStore({ store }),
    LoadImage: (store) => collect(imageStore.loadImage(only({ store }))),
    SaveImage: (store) => collect(imageStore.saveImage({ store, names: [absent] })),
    PushImage: (store) => collect(imageStore.pushImage({ store, name: absent })),
    ListImages: (store) => imageStore.listImages({ store, name: absent }),
    RemoveImage: (store) => imageStore.removeImage({ store, name: absent }),
  };
}

/** The store of the backend. */
export function storeOf({ driver, backend }: Subject) {
  return { driver: driver.name, endpoint: backend!.config.endpoint, environment: backend!.environment };
}

/** Where images live. */
export const imageStoreChecks: Check[] = [
  {
    id: "DRV-STORE-MISSING",
    title: "a call that names no store is INVALID_ARGUMENT",
    rule: "errors",
    when: needs("image-store"),
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
    rule: "the-calls",
    backend: true,
    when: needs("image-store"),
    async run(subject) {
      const { imageStore } = await subject.peer();
      const { description } = await imageStore.getImageStore({ store: storeOf(subject) });
      must(description, "the store has no description");
    },
  },
  {
    id: "DRV-STORE-ABSENT",
    title: "an image that is absent is not listed, can be removed, and is NOT_FOUND when saved or pushed",
    rule: "the-calls",
    backend: true,
    when: needs("image-store"),
    async run(subject) {
      const { imageStore } = await subject.peer();
      const store = storeOf(subject);
      const { images } = await imageStore.listImages({ store, name: absent });
      must(images.length === 0, `${absent} is listed`);
      await imageStore.removeImage({ store, name: absent });
      await mustFail(`saving ${absent}`, collect(imageStore.saveImage({ store, names: [absent] })), {
        code: Code.NotFound,
      });
      const credential = { username: "conformance", secret: subject.canary };
      const push = collect(imageStore.pushImage({ store, name: absent, credential }));
      const error = await mustRefuse(`pushing ${absent}`, push, [Code.NotFound]);
      must(!JSON.stringify(error).includes(subject.canary), "a credential is in the error of PushImage");
    },
  },
];
