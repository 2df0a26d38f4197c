import { pluginPages } from "../../../plugin-client/pages.js";
import type { UsedImageStore } from "./open-store.js";

/** Whether a store has an image with this name or id. */
export async function hasImage(
  { plugin, ref }: UsedImageStore,
  name: string,
  signal?: AbortSignal,
): Promise<boolean> {
  const list = (page: { pageToken: string }) =>
    plugin.imageStore.listImages({ store: ref, name, ...page }, { signal });
  for await (const { images } of pluginPages(ref.driver, list)) if (images.length > 0) return true;
  return false;
}
