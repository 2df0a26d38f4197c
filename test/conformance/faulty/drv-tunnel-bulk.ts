// Changes a byte of a tunnel after 4 MiB.
import { serveWithFault } from "../conforming/serve-with-fault.js";

await serveWithFault({
  service: ({ tunnel }) => ({
    async *tunnel(requests, context) {
      let seen = 0;
      for await (const message of tunnel(requests, context)) {
        const data = message.data ?? new Uint8Array();
        const hit = seen <= 4 << 20 && seen + data.length > 4 << 20;
        seen += data.length;
        if (hit) data[data.length >> 1]! ^= 1;
        yield message;
      }
    },
  }),
});
