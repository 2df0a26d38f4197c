import { Code, createClient, createRouterTransport } from "@connectrpc/connect";
import { expect, test } from "vitest";
import { readTypedError } from "../../errors/typed-error.js";
import { Content } from "../../gen/containerd/services/content/v1/content_pb.js";
import type { BuildkitClient } from "../client.js";
import { readBlob } from "./read-blob.js";

/** A client whose blobs have any number of chunks of 1 MiB. */
function clientWith(chunks: number): { client: BuildkitClient; sent: () => number } {
  let sent = 0;
  const transport = createRouterTransport(({ service }) => {
    service(Content, {
      async *read() {
        for (; sent < chunks; sent++) yield { data: Buffer.alloc(1 << 20) };
      },
    });
  });
  const client = { service: () => createClient(Content, transport) } as unknown as BuildkitClient;
  return { client, sent: () => sent };
}

const isTooLarge = (limit: string) => (cause: unknown) => {
  const { code, reason, metadata } = readTypedError(cause);
  return code === Code.ResourceExhausted && reason === "ANSWER_TOO_LARGE" && metadata?.limit === limit;
};
const { signal } = new AbortController();

test("reads a blob of several chunks", async () => {
  expect(await readBlob(clientWith(3).client, "sha256:1", signal)).toHaveLength(3 << 20);
});

test("stops reading a blob at the limit", async () => {
  const { client, sent } = clientWith(Number.POSITIVE_INFINITY);
  await expect(readBlob(client, "sha256:1", signal)).rejects.toSatisfy(isTooLarge("16 MiB"));
  expect(sent()).toBeLessThan(32);
  await expect(readBlob(clientWith(2).client, "sha256:1", signal, 1 << 20)).rejects.toSatisfy(
    isTooLarge("1 MiB"),
  );
});
