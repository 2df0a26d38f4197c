import { Duplex } from "node:stream";
import type { MessageInitShape } from "@bufbuild/protobuf";
import type { Client } from "@connectrpc/connect";
import type {
  DriverService,
  TunnelRequestSchema,
  TunnelStartSchema,
} from "../gen/slipway/driver/v1/driver_pb.js";
import { Channel } from "../util/channel.js";

/** Opens DriverService.Tunnel as a byte stream, for plugins that share no file system or network with the host. */
export async function openTunnel(
  client: Client<typeof DriverService>,
  lease: MessageInitShape<typeof TunnelStartSchema>,
): Promise<Duplex> {
  const abort = new AbortController();
  const outgoing = new Channel<MessageInitShape<typeof TunnelRequestSchema>>();
  void outgoing.send({ part: { case: "start", value: lease } });
  const responses = client.tunnel(outgoing, { signal: abort.signal })[Symbol.asyncIterator]();
  // The call runs from now on. Should it fail before the stream is read, the error waits here for the reader.
  let first: ReturnType<typeof responses.next> | undefined = responses.next();
  first.catch(() => {});
  const stream = new Duplex({
    read() {
      const next = first ?? responses.next();
      first = undefined;
      next.then(
        ({ done, value }) => void this.push(done ? null : value.data),
        (error) => this.destroy(error),
      );
    },
    write(chunk, _encoding, callback) {
      outgoing.send({ part: { case: "data", value: chunk } }).then(() => callback(), callback);
    },
    final(callback) {
      outgoing.close();
      callback();
    },
    destroy(error, callback) {
      outgoing.close();
      abort.abort();
      callback(error);
    },
  });
  // An error before the stream is read ends the stream, and must not be an uncaught exception.
  stream.on("error", () => {});
  return stream;
}
