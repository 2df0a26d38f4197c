import { createClient, createRouterTransport } from "@connectrpc/connect";
import { expect, it } from "vitest";
import { UploadService } from "../gen/slipway/v1/upload_pb.js";
import { uploadTar } from "./upload-tar.js";

it.each([
  ["the host's limit", 1n << 10n, 1 << 10],
  ["2 MiB for a host with a larger limit", 8n << 20n, 2 << 20],
  ["2 MiB for a host without a limit", undefined, 2 << 20],
])("sends messages of %s", async (_limit, maxChunkBytes, expected) => {
  const sizes: number[] = [];
  const transport = createRouterTransport(({ service }) => {
    service(UploadService, {
      async uploadTar(requests) {
        for await (const { part } of requests) sizes.push(part.case === "data" ? part.value.length : 0);
        return { upload: { id: "u" } };
      },
    });
  });
  async function* archive() {
    yield Buffer.alloc(2 * expected + 1);
  }
  await uploadTar(createClient(UploadService, transport), archive(), { maxChunkBytes });
  expect(sizes).toEqual([0, expected, expected, 1]);
});
