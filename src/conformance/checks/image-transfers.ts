import { randomBytes } from "node:crypto";
import type { MessageInitShape } from "@bufbuild/protobuf";
import { Code } from "@connectrpc/connect";
import type { LoadImageRequestSchema } from "../../gen/slipway/driver/v1/image_store_pb.js";
import { capabilityIds } from "../../plugin-protocol/capabilities.js";
import { Channel } from "../../util/channel.js";
import { mustRefuse } from "../call-outcome.js";
import { type Check, needs } from "../check.js";
import { must } from "../report/violation.js";
import { collect } from "../streams.js";
import type { Subject } from "../subject.js";
import { storeOf } from "./image-store.js";

type Event = NonNullable<MessageInitShape<typeof LoadImageRequestSchema>["event"]>;

/** Loads by hand: waits until the plugin says how the archive travels, then sends other events than it expects. */
async function loadWith(subject: Subject, events: (transport: "http" | "stream") => Event[]): Promise<void> {
  const { imageStore } = await subject.peer();
  const requests = new Channel<MessageInitShape<typeof LoadImageRequestSchema>>();
  const send = (event: Event) => void requests.send({ event });
  send({ case: "store", value: storeOf(subject) });
  const responses = imageStore.loadImage(requests)[Symbol.asyncIterator]();
  let next = await responses.next();
  while (!next.done && next.value.event.case === "progress") next = await responses.next();
  const transfer = next.done || next.value.event.case !== "transfer" ? undefined : next.value.event.value;
  const transport = transfer?.transport.case;
  must(transport, "LoadImage does not say how the archive travels.");
  for (const event of events(transport)) send(event);
  requests.close();
  await collect({ [Symbol.asyncIterator]: () => responses });
}

const data: Event = { case: "data", value: randomBytes(1000) };
const status = (value: number): Event => ({ case: "answer", value: { part: { case: "status", value } } });
const body: Event = {
  case: "answer",
  value: { part: { case: "body", value: Buffer.from("no space left") } },
};
const failure: Event = {
  case: "answer",
  value: { part: { case: "failure", value: "connect ECONNREFUSED" } },
};

/** Checks of how image archives travel. */
export const imageTransferChecks: Check[] = [
  {
    id: "DRV-STORE-ORDER",
    title: "Requests of LoadImage that do not fit the way of the archive fail with INVALID_ARGUMENT",
    rule: "image-stores",
    backend: true,
    when: needs(capabilityIds.imageStore),
    async run(subject) {
      const wrong = { http: [data], stream: [status(200)] };
      const load = loadWith(subject, (transport) => wrong[transport]);
      await mustRefuse("LoadImage with a wrong request", load, [Code.InvalidArgument]);
    },
  },
  {
    id: "DRV-STORE-BROKEN",
    title: "LoadImage fails when its archive does not reach the store, or the store's HTTP server refuses it",
    rule: "image-stores",
    backend: true,
    when: needs(capabilityIds.imageStore),
    async run(subject) {
      const nothing = loadWith(subject, (transport) => (transport === "http" ? [failure] : []));
      const codes = [Code.Unavailable, Code.InvalidArgument, Code.FailedPrecondition];
      await mustRefuse("LoadImage of an archive that did not arrive", nothing, codes);
      const cut = loadWith(subject, (transport) => (transport === "http" ? [status(200), failure] : [data]));
      await mustRefuse("LoadImage of an archive that was cut off", cut, codes);
      const refused = loadWith(subject, (transport) => (transport === "http" ? [status(500), body] : [data]));
      await mustRefuse("LoadImage of a refused archive", refused, [...codes, Code.Internal, Code.Unknown]);
    },
  },
];
