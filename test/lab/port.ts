import { once } from "node:events";
import { createServer } from "node:net";

// Below the ports that the kernel gives to connections and to servers on port 0, so that none of these takes the port
// before it is used; above those that browsers refuse.
const [first, last] = [20_000, 29_999];

const given = new Set<number>();

/**
 * A free TCP port of 127.0.0.1, which this process gets once. It is random, not reserved. The kernel assigns
 * it only on request.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = first + Math.floor(Math.random() * (last - first + 1));
    if (given.has(port)) continue;
    given.add(port);
    if (await isFree(port)) return port;
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen(port, "127.0.0.1");
  try {
    await once(server, "listening");
  } catch {
    return false;
  }
  server.close();
  await once(server, "close");
  return true;
}
