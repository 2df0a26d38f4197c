import { randomUUID } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { Code } from "@connectrpc/connect";
import { BlobStore } from "../../../buildkit/content/blob-store.js";
import { unpackImage } from "../../../buildkit/content/unpack-image.js";
import { typedError } from "../../../errors/typed-error.js";
import type { ImageStoreSource } from "../../../gen/slipway/build/v1/context_pb.js";
import { parseReference } from "../../../image/reference.js";
import { saveImage } from "../../../plugin-client/save-image.js";
import type { Report } from "../host-step.js";
import type { Layouts } from "../layouts.js";
import { hasImage } from "./has-image.js";
import { withImageSpaceErrors, withinSpace } from "./image-space.js";
import { type ImageStoreUser, openImageStore } from "./open-store.js";

/** A named context that is an image of an image store. The image exists; it is saved when the build begins. */
export interface StoredImageContext {
  /** Name of the context. */
  context: string;
  /** Name of the step that saves it. */
  title: string;
  /**
   * Saves the image to a folder of the build; returns its reference for BuildKit. RESOURCE_EXHAUSTED, reason
   * IMAGE_NO_SPACE, when the disk is full.
   */
  save(report: Report, signal: AbortSignal): Promise<string>;
}

/** What finding stored images needs. */
export interface StoredImageOptions {
  stores: ImageStoreUser;
  layouts: Layouts;
  /** Folder for images while a build uses them. */
  imagesDir: string;
}

/** Finds the image of a named context; NOT_FOUND, reason IMAGE_NOT_FOUND. */
export async function findStoredImage(
  field: string,
  context: string,
  image: ImageStoreSource,
  { stores, layouts, imagesDir }: StoredImageOptions,
): Promise<StoredImageContext> {
  const name = withTag(image.name);
  const open = () => openImageStore(stores, image.store, `${field}.store`);
  const opened = await open();
  const driver = opened.ref.driver;
  try {
    if (!(await hasImage(opened, name))) {
      const message = `There is no image ${name} in the image store of ${driver}.`;
      throw typedError({
        code: Code.NotFound,
        reason: "IMAGE_NOT_FOUND",
        message,
        remedy: "Pull or build it first, or name an image of a registry.",
        fields: [{ field, message }],
      });
    }
  } finally {
    opened.plugin.release();
  }
  return {
    context,
    title: `Saving ${name} from ${driver}`,
    async save(report, signal) {
      const folder = join(imagesDir, randomUUID());
      await mkdir(folder, { recursive: true, mode: 0o700 });
      layouts.addTemporary(folder);
      const store = await open();
      try {
        const archive = saveImage(store.plugin.imageStore, store.ref, [name], signal);
        const fitting = withinSpace(counted(archive, report), folder, name);
        const blobs = await BlobStore.writable(folder);
        const digest = await unpackImage(fitting, blobs).finally(() => blobs.close());
        return layouts.serveContext(context, folder, digest);
      } catch (cause) {
        throw withImageSpaceErrors(cause, name);
      } finally {
        store.plugin.release();
      }
    },
  };
}

async function* counted(chunks: AsyncIterable<Uint8Array>, report: Report) {
  const step = { id: "archive", name: "Transferring archive", total: 0n };
  let received = 0;
  for await (const data of chunks) {
    received += data.length;
    report({ ...step, current: BigInt(received), done: false });
    yield data;
  }
  report({ ...step, current: BigInt(received), done: true });
}

/** The name with its tag, "latest" by default. An id has no tag. */
function withTag(name: string): string {
  const reference = /^[0-9a-f]{12,}$/.test(name) ? undefined : parseReference(name);
  return !reference || reference.tag || reference.digest ? name : `${name}:latest`;
}
