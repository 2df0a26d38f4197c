import type { MessageInitShape } from "@bufbuild/protobuf";
import type { RegistryCredential } from "../gen/slipway/driver/v1/driver_pb.js";
import type {
  GetImageStoreResponseSchema,
  ImageStoreRef,
  Layer,
  StoredImageSchema,
} from "../gen/slipway/driver/v1/image_store_pb.js";
import type { Call, ProgressCall } from "./call.js";

/** Which store: the endpoint in the driver's own terms, and the user's environment. */
export type StoreRef = Pick<ImageStoreRef, "endpoint" | "environment">;

/** A layer: digest of its blob, and its chain ID; empty where they are not known. */
export type LayerInit = Pick<Layer, "digest" | "chainId">;

/** A place where images live; the methods are those of ImageStoreService. */
export interface ImageStore {
  /** Tells what the store can take. */
  get(store: StoreRef, call: Call): Promise<MessageInitShape<typeof GetImageStoreResponseSchema>>;
  /**
   * Imports an image archive and returns the names or ids loaded. The archive throws when the caller goes away or
   * breaks off: then no tag may have changed.
   */
  load(store: StoreRef, archive: AsyncIterable<Uint8Array>, call: ProgressCall): Promise<string[]>;
  /**
   * Those layers that `load` can do without, for the capability "image-store.layers". The archive then names them
   * without having them.
   */
  findLayers?(store: StoreRef, layers: LayerInit[], call: Call): Promise<LayerInit[]>;
  /** Streams images as an archive, in pieces of any size; the SDK cuts them to the protocol's. */
  save(store: StoreRef, names: string[], call: Call): AsyncIterable<Uint8Array>;
  /** Pushes an image to its registry and returns the digest of its manifest there. */
  push(
    store: StoreRef,
    image: { name: string; credential?: RegistryCredential },
    call: ProgressCall,
  ): Promise<string>;
  /** Lists the images, or those with a name or id. */
  list(
    store: StoreRef,
    filter: { name: string },
    call: Call,
  ): Promise<MessageInitShape<typeof StoredImageSchema>[]>;
  /** Removes one image; removing what is absent is no error. */
  remove(store: StoreRef, image: { name: string; force: boolean }, call: Call): Promise<void>;
}
