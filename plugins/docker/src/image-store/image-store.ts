import type { ImageStore, StoreRef } from "slipway/driver";
import { withEngine } from "../../../engine/src/api.js";
import { locateEngine } from "../../../engine/src/engine.js";
import { readTraits } from "../traits.js";
import { findLayers } from "./layers.js";
import { list } from "./list.js";
import { load } from "./load.js";
import { push } from "./push.js";
import { remove } from "./remove.js";
import { save } from "./save.js";

const locate = ({ endpoint, environment }: StoreRef) => locateEngine(endpoint, environment);

/** The images of a Docker Engine. */
export const imageStore: ImageStore = {
  async get(store, { signal }) {
    return withEngine(await locate(store), signal, async (engine) => {
      const { containerdStore } = await readTraits(engine);
      const name = `Docker Engine ${engine.version.Version}`;
      return {
        oci: containerdStore,
        description: `${name} (${containerdStore ? "containerd" : "classic"} store)`,
      };
    });
  },
  load: async (store, archive, call) => load(await locate(store), archive, call),
  findLayers: async (store, layers, { signal }) => findLayers(await locate(store), layers, signal),
  save: async (store, names, archive, { signal }) => save(await locate(store), names, archive, signal),
  push: async (store, image, call) => push(await locate(store), image, call),
  list: async (store, { name }, { signal }) => list(await locate(store), name, signal),
  remove: async (store, image, { signal }) => remove(await locate(store), image, signal),
};
