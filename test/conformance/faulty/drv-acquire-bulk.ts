// Changes a byte of BuildKit's output after 4 MiB.
import { connect, createServer } from "node:net";
import { join } from "node:path";
import { Transform } from "node:stream";
import { openSample } from "../conforming/driver.js";
import { serveWithFault } from "../conforming/serve-with-fault.js";

function changeOneByte() {
  let seen = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      const hit = seen <= 4 << 20 && seen + chunk.length > 4 << 20;
      seen += chunk.length;
      if (hit) chunk[chunk.length >> 1]! ^= 1;
      done(null, chunk);
    },
  });
}

const path = join(process.env.PLUGIN_UNIX_SOCKET_DIR ?? "", "faulty");
await serveWithFault({
  driver(driver) {
    driver.acquire = async (config, lease) => {
      const server = createServer((socket) => {
        const buildkit = connect(config.options.socket!);
        for (const stream of [socket, buildkit]) stream.on("error", () => {});
        socket.pipe(buildkit).pipe(changeOneByte()).pipe(socket);
      });
      await new Promise<void>((resolve) => server.listen(path, resolve));
      const address = { case: "unix" as const, value: { path } };
      await lease.hold({ open: (signal) => openSample(config, signal), address });
    };
  },
});
