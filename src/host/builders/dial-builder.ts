import type { Duplex } from "node:stream";
import type { MessageInitShape } from "@bufbuild/protobuf";
import { Code } from "@connectrpc/connect";
import type { CredentialProvider } from "../../config/credential.js";
import { invalidField, readTypedError, typedError } from "../../errors/typed-error.js";
import type {
  BuilderInstance,
  DialBuilderRequest,
  DialBuilderResponseSchema,
} from "../../gen/slipway/v1/builder_pb.js";
import { normalizePlatform } from "../../inputs/platform.js";
import { dialRaw } from "../../plugin-client/dial.js";
import { chunks } from "../../util/chunks.js";
import { drained } from "../../util/drained.js";
import { reporting } from "../../util/reporting.js";
import { withPeriod } from "../../util/with-period.js";
import { requireNodes } from "../nodes/node-configs.js";
import type { Nodes } from "../nodes/nodes.js";
import { type Assignment, PlatformNodes } from "../nodes/platform-nodes.js";

/** Largest chunk of the stream, in bytes. */
const maxChunkBytes = 1 << 20;

/** A step of the boot, or bytes from BuildKit. */
export type DialStep = MessageInitShape<typeof DialBuilderResponseSchema>;

/** Which BuildKit to dial. */
export interface DialBuilderOptions {
  nodes: Nodes;
  builder: BuilderInstance;
  platform: string;
  /** Where the logins for pulling a node's images come from. */
  credentials: readonly CredentialProvider[];
}

/** Forwards one connection to the BuildKit that builds for a platform. Nodes are booted if necessary. */
export async function* dialBuilder(
  { nodes, builder, platform, credentials }: DialBuilderOptions,
  requests: AsyncIterator<DialBuilderRequest>,
  signal: AbortSignal,
): AsyncGenerator<DialStep> {
  const wanted = platform ? normalizePlatform(platform) : "";
  if (wanted === undefined) {
    const message = `${JSON.stringify(platform)} is not a platform.`;
    throw invalidField("target.platform", "PLATFORM_UNKNOWN", message, "Use a form such as linux/arm64.");
  }
  const { driver } = builder;
  const configs = requireNodes(builder);
  const platforms = wanted ? [wanted] : [];
  const opened = new PlatformNodes({ nodes, driver, configs, platforms, affinityKey: "", credentials });
  let stream: Duplex | undefined;
  try {
    yield* reporting((report: (step: DialStep) => void) =>
      opened.boot(
        signal,
        ({ node }) =>
          (progress) =>
            report({ node, progress }),
      ),
    );
    // The open node keeps the plugin and the node's instance alive while the stream needs them.
    const [{ node }] = (await opened.assign()) as [Assignment];
    stream = await dialRaw(node.lease, node.config, signal);
    yield { node: node.config.node, dialled: true };
    send(requests, stream).catch((error) => stream?.destroy(error));
    yield* receive(stream, node.config.node);
  } finally {
    stream?.destroy();
    await opened.close();
  }
}

async function* receive(stream: Duplex, node: string): AsyncGenerator<DialStep> {
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      for (const data of chunks(chunk, maxChunkBytes)) yield { data };
    }
  } catch (cause) {
    throw typedError({
      code: Code.Unavailable,
      reason: "BUILDKIT_LOST",
      message: withPeriod(
        `The connection to BuildKit of node ${node} broke: ${readTypedError(cause).message}`,
      ),
      remedy: "Dial again.",
    });
  }
}

/** Forwards what the client sends, with back-pressure, and the end of the requests. */
async function send(requests: AsyncIterator<DialBuilderRequest>, stream: Duplex): Promise<void> {
  for (;;) {
    const { done, value } = await requests.next();
    if (stream.destroyed) return;
    if (done) {
      stream.end();
      return;
    }
    if (!stream.write(value.data)) await drained(stream);
  }
}
