import { createHash } from "node:crypto";
import { Code, ConnectError } from "@connectrpc/connect";
import { forEachLimit, type LayerInit } from "slipway/driver";
import { Content, connectBuildkit } from "slipway/driver/buildkit";
import type { EngineAddress } from "../../../engine/src/address.js";
import { type EngineApi, withEngine } from "../../../engine/src/api.js";
import { connectGrpc } from "../grpc.js";
import { readTraits } from "../traits.js";

/** How many images are inspected at the same time. */
const concurrency = 8;

/** The layers that the Engine has. */
export async function findLayers(
  address: EngineAddress,
  layers: LayerInit[],
  signal: AbortSignal,
): Promise<LayerInit[]> {
  return withEngine(address, signal, async (engine) => {
    const { containerdStore } = await readTraits(engine);
    return containerdStore ? blobsOf(address, layers, signal) : chainsOf(engine, layers);
  });
}

/** BuildKit inside the Engine shares containerd's content store and gives access to it. */
async function blobsOf(
  address: EngineAddress,
  layers: LayerInit[],
  signal: AbortSignal,
): Promise<LayerInit[]> {
  const client = connectBuildkit(() => connectGrpc(address, signal));
  try {
    const content = client.service(Content);
    const find = async (layer: LayerInit) => {
      try {
        await content.info({ digest: layer.digest }, { signal });
        return [layer];
      } catch (error) {
        const { code } = ConnectError.from(error);
        if (code === Code.NotFound || code === Code.Unimplemented) return [];
        throw error;
      }
    };
    return (await Promise.all(layers.filter(({ digest }) => digest).map(find))).flat();
  } finally {
    await client.close();
  }
}

/** The classic store identifies a layer by its whole chain. */
async function chainsOf({ docker: open }: EngineApi, layers: LayerInit[]): Promise<LayerInit[]> {
  const wanted = new Set(layers.map(({ chainId }) => chainId).filter(Boolean));
  if (wanted.size === 0) return [];
  const docker = await open();
  const found = new Set<string>();
  await forEachLimit(await docker.listImages(), concurrency, async ({ Id }) => {
    // An image that was removed meanwhile has no layers to offer.
    const image = await docker
      .getImage(Id)
      .inspect()
      .catch(() => undefined);
    let chain = "";
    for (const diffId of image?.RootFS.Layers ?? []) {
      chain = chain ? `sha256:${createHash("sha256").update(`${chain} ${diffId}`).digest("hex")}` : diffId;
      found.add(chain);
    }
  });
  return layers.filter(({ chainId }) => found.has(chainId));
}
