import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { connect, createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { splice } from "./splice.js";

let folder: string;
const opened: { close?(): void; destroy?(): void }[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "splice-"));
});
afterEach(() => {
  for (const resource of opened.splice(0)) (resource.destroy ?? resource.close)?.call(resource);
  rmSync(folder, { recursive: true });
});

/** Two ends of a unix socket. */
async function pair(name: string): Promise<[Socket, Socket]> {
  const server: Server = createServer({ allowHalfOpen: true }).listen(join(folder, name));
  opened.push(server);
  const accepted = once(server, "connection");
  const near = connect({ path: join(folder, name), allowHalfOpen: true });
  const [far] = (await accepted) as [Socket];
  opened.push(near, far);
  return [near, far];
}

/** All bytes up to the end; unlike async iteration it keeps the writable half open. */
function received(socket: Socket): Promise<Buffer> {
  const chunks: Buffer[] = [];
  socket.on("data", (chunk) => chunks.push(chunk));
  return once(socket, "end").then(() => Buffer.concat(chunks));
}

test("passes all bytes in both directions, and an end as a half-close", async () => {
  const [client, a] = await pair("a");
  const [b, server] = await pair("b");
  const spliced = splice(a, b);
  const request = Buffer.alloc(5 << 20, "q");
  const answer = Buffer.alloc(7 << 20, "a");

  client.end(request);
  const got = await received(server);
  expect(got.equals(request)).toBe(true);
  server.end(answer);
  expect((await received(client)).equals(answer)).toBe(true);

  await spliced;
  expect([a.destroyed, b.destroyed]).toEqual([true, true]);
});

test("delivers the bytes read from a stream that breaks", async () => {
  const [client, a] = await pair("a");
  const [b, server] = await pair("b");
  const spliced = splice(a, b);
  server.on("error", () => {});
  let read = 0;
  b.on("data", (chunk) => {
    read += chunk.length;
  });
  // Nobody reads at the other end, so most bytes are still in the process when the stream breaks.
  server.write(Buffer.alloc(3 << 20));
  await expect.poll(() => a.writableLength).toBeGreaterThan(0);
  b.destroy(new Error("it broke"));

  expect(await received(client)).toHaveLength(read);
  client.end();
  await spliced;
});

test("buffers no more than the streams do when the reader is slow", async () => {
  const [client, a] = await pair("a");
  const [b, server] = await pair("b");
  const spliced = splice(a, b);
  server.pause();
  const chunk = Buffer.alloc(1 << 20);
  let accepted = 0;
  while (client.write(chunk) && accepted < 64) accepted += 1;
  await new Promise((resolve) => setTimeout(resolve, 100));

  expect(b.writableLength).toBeLessThanOrEqual(1 << 20);
  expect(client.writableLength + b.writableLength).toBeGreaterThan(0);
  client.destroy();
  server.resume();
  server.on("error", () => {});
  await once(server, "end");
  server.end();
  await spliced;
});

test("ends when a stream is already closed", async () => {
  const [, a] = await pair("a");
  const [b] = await pair("b");
  b.destroy();
  await splice(a, b);
  expect(a.destroyed).toBe(true);
});
