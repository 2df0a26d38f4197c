import { Duplex } from "node:stream";
import type { MessageInitShape } from "@bufbuild/protobuf";
import type { Client } from "@connectrpc/connect";
import type { DriverDescriptor } from "../gen/slipway/driver/v1/descriptor_pb.js";
import type { DriverService, TunnelRequestSchema } from "../gen/slipway/driver/v1/driver_pb.js";
import type { NodeConfig } from "../gen/slipway/driver/v1/node_pb.js";

/** What dialling needs of a driver. */
export interface DialledDriver {
  readonly descriptor: DriverDescriptor;
  /** Calls the driver's plugin. */
  readonly driver: Client<typeof DriverService>;
}

/** The bytes of DriverService.Tunnel as a stream, for plugins that the host reaches in no other way. */
export async function openTunnel(
  lease: DialledDriver,
  config: NodeConfig,
  affinityKey: string,
): Promise<Duplex> {
  const driver = lease.descriptor.name;
  const abort = new AbortController();
  const outgoing = new Outgoing({ dial: { driver, config, affinityKey } });
  const responses = lease.driver.tunnel(outgoing, { signal: abort.signal })[Symbol.asyncIterator]();
  const stream = new Duplex({
    read() {
      responses.next().then(
        ({ done, value }) => void this.push(done ? null : value.data),
        (error) => this.destroy(error),
      );
    },
    write(chunk, _encoding, callback) {
      outgoing.push({ data: chunk }).then(() => callback(), callback);
    },
    final(callback) {
      outgoing.end();
      callback();
    },
    destroy(error, callback) {
      outgoing.end();
      abort.abort();
      callback(error);
    },
  });
  return stream;
}

type Request = MessageInitShape<typeof TunnelRequestSchema>;

/** A queue of one: each request waits until the RPC has taken it. */
class Outgoing implements AsyncIterable<Request> {
  readonly #queue: { request: Request; taken: () => void }[];
  #wake: (() => void) | undefined;
  #ended = false;

  constructor(first: Request) {
    this.#queue = [{ request: first, taken() {} }];
  }

  push(request: Request): Promise<void> {
    return new Promise((taken) => {
      this.#queue.push({ request, taken });
      this.#wake?.();
    });
  }

  end(): void {
    this.#ended = true;
    this.#wake?.();
  }

  async *[Symbol.asyncIterator]() {
    for (;;) {
      const next = this.#queue.shift();
      if (next) {
        yield next.request;
        next.taken();
      } else if (this.#ended) return;
      else await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }
}
