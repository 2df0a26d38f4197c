import { addAbortSignal, type Duplex } from "node:stream";
import type { MessageInitShape } from "@bufbuild/protobuf";
import { Code } from "@connectrpc/connect";
import type { CredentialProvider } from "../../config/credential.js";
import { invalidField, readTypedError, typedError } from "../../errors/typed-error.js";
import { LeasePurpose } from "../../gen/slipway/driver/v1/driver_pb.js";
import type { BuilderRecord } from "../../gen/slipway/state/v1/builder_record_pb.js";
import type { DialBuilderRequest, DialBuilderResponseSchema } from "../../gen/slipway/v1/builder_pb.js";
import { normalizePlatform } from "../../inputs/platform.js";
import { chunks } from "../../util/chunks.js";
import { drained } from "../../util/drained.js";
import { reporting } from "../../util/reporting.js";
import { withPeriod } from "../../util/with-period.js";
import type { Principal } from "../access/principal.js";
import { requireNodes } from "../nodes/node-configs.js";
import type { Nodes } from "../nodes/nodes.js";
import { type Assignment, PlatformNodes } from "../nodes/platform-nodes.js";
import type { ReadyNode } from "../nodes/ready-node.js";

/** Largest chunk of the stream, in bytes. */
const maxChunkBytes = 1 << 20;

/** A step of the boot, the node that is connected, or bytes from BuildKit. */
export type DialStep = MessageInitShape<typeof DialBuilderResponseSchema>;

/** Which BuildKit to dial. */
export interface DialBuilderOptions {
  nodes: Nodes;
  builder: BuilderRecord;
  platform: string;
  /** Where the logins for pulling images come from. */
  credentials: readonly CredentialProvider[];
  /** Who asks. */
  principal: Principal;
}

/** Forwards one connection to the BuildKit that builds for a platform. Nodes are booted if necessary. */
export async function* dialBuilder(
  { nodes, builder, platform, credentials, principal }: DialBuilderOptions,
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
  const lease = { purpose: LeasePurpose.CONNECT, principal: principal.id };
  const opened = new PlatformNodes({ nodes, driver, configs, platforms, lease, credentials });
  let stream: Duplex | undefined;
  try {
    yield* reporting((report: (step: DialStep) => void) =>
      opened.boot(
        signal,
        ({ node }) =>
          (progress) =>
            report({ event: { case: "progress", value: { node, progress } } }),
      ),
    );
    // The open node holds the lease while the stream needs it.
    const [{ node }] = (await opened.assign()) as [Assignment];
    const opening = await node.lease.open({ allowHalfOpen: true });
    stream = opening;
    addAbortSignal(signal, opening);
    yield { event: { case: "connected", value: { node: node.config.node } } };
    send(requests, opening).catch((error) => opening.destroy(error));
    yield* receive(opening, node);
  } finally {
    stream?.destroy();
    await opened.close();
  }
}

async function* receive(stream: Duplex, { config, lease }: ReadyNode): AsyncGenerator<DialStep> {
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      for (const data of chunks(chunk, maxChunkBytes)) yield { event: { case: "data", value: data } };
    }
  } catch (cause) {
    if (lease.lost.aborted) throw lease.lost.reason;
    throw typedError({
      code: Code.Unavailable,
      reason: "BUILDKIT_LOST",
      message: withPeriod(
        `The connection to BuildKit of node ${config.node} broke: ${readTypedError(cause).message}`,
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
    if (value.message.case === "data" && !stream.write(value.message.value)) await drained(stream);
  }
}
