import type { MessageInitShape } from "@bufbuild/protobuf";
import type { RegistryCredential } from "../gen/slipway/driver/v1/driver_pb.js";
import type {
  GetImageStoreResponseSchema,
  ImageStoreRef,
  Layer,
  StoredImageSchema,
} from "../gen/slipway/driver/v1/image_store_pb.js";
import type { Call, ProgressCall } from "./call.js";

/** An image store: its endpoint in the driver's own terms, and the user's environment. */
export type StoreRef = Pick<ImageStoreRef, "endpoint" | "environment">;

/** A layer: the digest of its blob, and its chain ID; empty when unknown. */
export type LayerInit = Pick<Layer, "digest" | "chainId">;

/** An image store; the methods are those of ImageStoreService. */
export interface ImageStore {
  /** Describes the store and the formats that it accepts. */
  get(store: StoreRef, call: Call): Promise<MessageInitShape<typeof GetImageStoreResponseSchema>>;
  /**
   * Imports an image archive and returns the names or ids of its images. The archive throws when the caller cancels or
   * disconnects; no tag may change then.
   */
  load(store: StoreRef, archive: AsyncIterable<Uint8Array>, call: ProgressCall): Promise<string[]>;
  /**
   * The layers that the store already has, for the capability "image-store.layers". The archive for `load` then names
   * them without their content.
   */
  findLayers?(store: StoreRef, layers: LayerInit[], call: Call): Promise<LayerInit[]>;
  /** Streams images as an archive, in chunks of any size; the SDK splits them as the protocol demands. */
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
  /** Removes one image; an image that does not exist is not an error. */
  remove(store: StoreRef, image: { name: string; force: boolean }, call: Call): Promise<void>;
}
