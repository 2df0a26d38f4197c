import { once } from "node:events";
import { create } from "@bufbuild/protobuf";
import { createClient, createRouterTransport } from "@connectrpc/connect";
import { expect, it } from "vitest";
import { ImageStoreRefSchema, ImageStoreService } from "../../../gen/slipway/driver/v1/image_store_pb.js";
import type { PluginUse } from "../../plugins/plugin-use.js";
import { LayerKnowledge } from "./layer-knowledge.js";
import { LayeredLoad } from "./layered-load.js";

it("does not wait for a plugin that looks for layers when the build is cancelled, and cancels the call", async () => {
  const cancelled = new AbortController();
  let asked!: (signal: AbortSignal) => void;
  const call = new Promise<AbortSignal>((resolve) => {
    asked = resolve;
  });
  const transport = createRouterTransport(({ service }) => {
    service(ImageStoreService, {
      async findLayers(_request, { signal }) {
        asked(signal);
        await once(signal, "abort");
        throw signal.reason;
      },
    });
  });
  const plugin = { imageStore: createClient(ImageStoreService, transport) } as unknown as PluginUse;
  const load = new LayeredLoad({
    store: { plugin, ref: create(ImageStoreRefSchema, { driver: "hangs" }), oci: true },
    knowledge: new LayerKnowledge(),
    load: async () => {},
    signal: cancelled.signal,
  });
  const needed = load.isNeeded(`sha256:${"0".repeat(64)}`);
  const signal = await call;
  cancelled.abort(new Error("the build was cancelled"));
  await expect(needed).rejects.toThrow("the build was cancelled");
  expect(signal.aborted).toBe(true);
});
