import { create } from "@bufbuild/protobuf";
import { createClient, createRouterTransport } from "@connectrpc/connect";
import { expect, test } from "vitest";
import type { BuildkitClient } from "../../buildkit/client.js";
import { readTypedError } from "../../errors/typed-error.js";
import { Content } from "../../gen/containerd/services/content/v1/content_pb.js";
import { BuildHistoryRecordSchema } from "../../gen/moby/buildkit/v1/control_pb.js";
import { attachmentsOf } from "./attachments.js";

/** Each call has its own, as each call of a host has. */
const signal = () => new AbortController().signal;
const mediaType = "application/vnd.oci.image.index.v1+json";

/** A client of a BuildKit whose every blob has this text. */
function clientWith(text: string): BuildkitClient {
  const transport = createRouterTransport(({ service }) => {
    service(Content, {
      info: ({ digest }) => ({ info: { digest } }),
      async *read() {
        yield { data: Buffer.from(text) };
      },
    });
  });
  return { service: () => createClient(Content, transport) } as unknown as BuildkitClient;
}

const recordWith = (manifests: number) =>
  create(BuildHistoryRecordSchema, {
    ref: "r",
    result: {
      results: Object.fromEntries(
        Array.from({ length: manifests }, (_, at) => [at, { digest: `sha256:${at}`, mediaType, size: 10n }]),
      ),
    },
  });

test.each([
  "no JSON",
  "null",
  "[]",
  '{"manifests":7}',
  '{"manifests":[null,{"digest":1},{"digest":"d","mediaType":"m","size":1.5}]}',
])("an index that is %s lists nothing more", async (text) => {
  const found = await attachmentsOf(clientWith(text), recordWith(1), signal());
  expect(found.map(({ digest }) => digest)).toEqual(["sha256:0"]);
});

test("a record of endless manifests is refused", async () => {
  await expect(attachmentsOf(clientWith("{}"), recordWith(1000), signal())).rejects.toSatisfy(
    (cause) => readTypedError(cause).reason === "ANSWER_TOO_LARGE",
  );
});
