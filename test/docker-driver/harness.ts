import { setMaxListeners } from "node:events";
import type { Readable } from "node:stream";
import { create } from "@bufbuild/protobuf";
import { createClient, createRouterTransport } from "@connectrpc/connect";
import { driver } from "../../plugins/docker/src/driver.js";
import { connectGrpc } from "../../plugins/docker/src/grpc.js";
import { locateEngine } from "../../plugins/engine/src/engine.js";
import { type BuildkitClient, connectBuildkit } from "../../src/buildkit/client.js";
import { DriverTable } from "../../src/driver/driver-table.js";
import { imageStoreService } from "../../src/driver/image-store-service.js";
import {
  type ImageStore,
  type NodeConfig,
  NodeConfigSchema,
  type NodeStatusInit,
} from "../../src/driver/index.js";
import { ImageStoreService } from "../../src/gen/slipway/driver/v1/image_store_pb.js";
import { loadImage } from "../../src/plugin-client/load-image.js";
import { saveImage } from "../../src/plugin-client/save-image.js";
import { tempDir } from "../lab/index.js";

export { failure } from "../host/failure.js";

/** A call that nobody cancels. */
export const call = { signal: new AbortController().signal, progress: async () => {}, credentials: {} };
// Tests share it among many connections.
setMaxListeners(0, call.signal);

/** The node of an Engine. */
export function node(endpoint: string): NodeConfig {
  return create(NodeConfigSchema, { builder: "default", node: "default", endpoint });
}

/** The driver's status of an Engine. */
export function inspect(endpoint: string): Promise<NodeStatusInit> {
  return driver.inspect(node(endpoint), call);
}

/** How an archive travels: by a request of the host itself, by one through the plugin, or in messages. */
export type Way = "direct" | "relayed" | "streamed";

/** The driver's image store as the host uses it through the SDK. */
export async function storeOf(endpoint: string, way: Way = "direct") {
  const { imageStore } = way === "direct" ? driver : { imageStore: withoutDirect(driver.imageStore!) };
  const table = new DriverTable([{ ...driver, imageStore }]);
  const folder = way === "streamed" ? undefined : await tempDir();
  const transport = createRouterTransport(({ service }) => {
    service(ImageStoreService, imageStoreService(table, folder));
  });
  const client = createClient(ImageStoreService, transport);
  const ref = { driver: "docker", endpoint };
  return {
    /** All bytes of the images' archive. */
    save: async (...names: string[]) => {
      const chunks: Uint8Array[] = [];
      for await (const chunk of saveImage(client, ref, names, call.signal)) chunks.push(chunk);
      return Buffer.concat(chunks);
    },
    load: (archive: Readable, signal = call.signal) => loadImage(client, ref, archive, { signal }),
  };
}

/** The same store for hosts that cannot reach the Engine by themselves. */
function withoutDirect(store: ImageStore): ImageStore {
  return {
    ...store,
    load: (ref, archive, context) =>
      store.load(
        ref,
        {
          [Symbol.asyncIterator]: () => archive[Symbol.asyncIterator](),
          sendTo: (request) => archive.sendTo({ ...request, direct: undefined }),
        },
        context,
      ),
    save: (ref, names, archive, context) =>
      store.save(
        ref,
        names,
        { ...archive, fetchFrom: (request) => archive.fetchFrom({ ...request, direct: undefined }) },
        context,
      ),
  };
}

/** Connects to the BuildKit inside an Engine as the host does through the driver's `connect`. */
export async function withBuildkit<T>(
  endpoint: string,
  work: (buildkit: BuildkitClient) => Promise<T>,
): Promise<T> {
  const address = await locateEngine(endpoint);
  const buildkit = connectBuildkit(() => connectGrpc(address, call.signal));
  try {
    return await work(buildkit);
  } finally {
    await buildkit.close();
  }
}
