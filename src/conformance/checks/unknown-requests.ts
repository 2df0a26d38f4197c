import { create, type DescMessage, type MessageShape } from "@bufbuild/protobuf";
import { Code } from "@connectrpc/connect";
import { TunnelRequestSchema } from "../../gen/slipway/driver/v1/driver_pb.js";
import {
  LoadImageRequestSchema,
  SaveImageRequestSchema,
} from "../../gen/slipway/driver/v1/image_store_pb.js";
import { BuildRequestSchema } from "../../gen/slipway/nativebuild/v1/native_build_pb.js";
import { capabilityIds } from "../../plugin-protocol/capabilities.js";
import { mustRefuse } from "../call-outcome.js";
import { type Check, type Condition, has } from "../check.js";
import { asHost, type Peer } from "../peer.js";
import { collect, streamOf } from "../streams.js";

/** How long a plugin may take to answer, in milliseconds. */
const answerMs = 30_000;

const { tunnel, imageStore, nativeBuild } = capabilityIds;

/** The calls with a stream of requests, by capability. */
const calls = {
  [tunnel]: {
    Tunnel: ({ driver }: Peer) => driver.tunnel(fromNewerHost(TunnelRequestSchema), options),
  },
  [imageStore]: {
    LoadImage: (peer: Peer) => peer.imageStore.loadImage(fromNewerHost(LoadImageRequestSchema), options),
    SaveImage: (peer: Peer) => peer.imageStore.saveImage(fromNewerHost(SaveImageRequestSchema), options),
  },
  [nativeBuild]: {
    Build: (peer: Peer) => peer.nativeBuild.build(fromNewerHost(BuildRequestSchema), options),
  },
};

const options = { timeoutMs: answerMs };

/** A stream with one request, of a kind that only a newer host has. */
function fromNewerHost<M extends DescMessage>(schema: M): AsyncIterable<MessageShape<M>> {
  const request = create(schema);
  request.$unknown = [{ no: 19_001, wireType: 0, data: new Uint8Array([1]) }];
  return streamOf(request);
}

/** The condition that the driver serves a call with a stream of requests. */
const streamsRequests: Condition = {
  text: `${tunnel}, ${imageStore} or ${nativeBuild}`,
  missing: (subject) =>
    Object.keys(calls).some((capability) => has(subject, capability))
      ? undefined
      : "The driver has no call with a stream of requests.",
};

/** Checks of requests that only a newer host sends. */
export const unknownRequestChecks: Check[] = [
  {
    id: "DRV-CALL-UNKNOWN",
    title: "A stream that begins with a request of an unknown kind fails with INVALID_ARGUMENT",
    rule: "compatibility",
    when: streamsRequests,
    async run(subject) {
      const peer = await subject.peer();
      for (const [capability, streams] of Object.entries(calls)) {
        if (!has(subject, capability)) continue;
        for (const [rpc, call] of Object.entries(streams)) {
          const what = `${rpc} with a request of an unknown kind`;
          await mustRefuse(what, collect<unknown>(call(peer)), [Code.InvalidArgument]);
        }
      }
      await peer.driver.handshake(asHost, options);
    },
  },
];
