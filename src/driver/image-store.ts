import type { MessageInitShape } from "@bufbuild/protobuf";
import type { RegistryCredential } from "../gen/slipway/common/v1/credential_pb.js";
import type {
  GetImageStoreResponseSchema,
  ImageStoreRef,
  Layer,
  StoredImageSchema,
} from "../gen/slipway/driver/v1/image_store_pb.js";
import type { Call, ProgressCall } from "./call.js";
import type { ReceivedArchive, SentArchive } from "./image-archive.js";

/** An image store: its endpoint in the driver's own terms, and the user's environment. */
export type StoreRef = Pick<ImageStoreRef, "endpoint" | "environment">;

/** A layer: the digest of its blob, and its chain ID; empty when unknown. */
export type LayerInit = Pick<Layer, "digest" | "chainId">;

/** An image store; the methods are those of ImageStoreService. */
export interface ImageStore {
  /** Describes the store and the formats that it accepts. */
  get(store: StoreRef, call: Call): Promise<MessageInitShape<typeof GetImageStoreResponseSchema>>;
  /**
   * Imports an image archive and returns the names or ids of its images. The store sends the archive to its server by
   * HTTP (`archive.sendTo`), which the host does itself when it can, or reads it. Both fail when the caller cancels or
   * disconnects; no tag may change then. The host shows how much is sent, so the store reports only other steps.
   */
  load(store: StoreRef, archive: SentArchive, call: ProgressCall): Promise<string[]>;
  /**
   * The layers that the store already has, for the capability "image-store.layers". The archive for `load` then names
   * them without their content.
   */
  findLayers?(store: StoreRef, layers: LayerInit[], call: Call): Promise<LayerInit[]>;
  /**
   * Sends images as an archive: names the HTTP request that answers with it (`archive.fetchFrom`), which the host makes
   * itself if it can, or writes it.
   */
  save(store: StoreRef, names: string[], archive: ReceivedArchive, call: Call): Promise<void>;
  /** Pushes an image to its registry and returns the digest of its manifest there. */
  push(
    store: StoreRef,
    image: { name: string; credential?: RegistryCredential },
    call: ProgressCall,
  ): Promise<string>;
  /** Lists all images, or those with a name or id; the SDK makes the pages. */
  list(
    store: StoreRef,
    filter: { name: string },
    call: Call,
  ): Promise<MessageInitShape<typeof StoredImageSchema>[]>;
  /** Removes one image; an image that does not exist is not an error. Builds never do it. */
  remove(store: StoreRef, image: { name: string; force: boolean }, call: Call): Promise<void>;
}
