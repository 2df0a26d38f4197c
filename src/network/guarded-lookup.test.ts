import dns from "node:dns";
import { once } from "node:events";
import { type AddressInfo, connect, createServer } from "node:net";
import { expect, it, onTestFinished } from "vitest";
import { AddressRefused, guardedLookup } from "./guarded-lookup.js";
import { replaceLookup } from "./replace-lookup.test-helper.js";

const refuseLoopback = (address: string) => (address.startsWith("127.") ? "it is the loopback" : undefined);

/** Counts the connections to a port of 127.0.0.1. */
async function listen() {
  let connections = 0;
  const server = createServer((socket) => {
    connections += 1;
    socket.end();
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  return { port: (server.address() as AddressInfo).port, connections: () => connections };
}

/** Answers for all names with these addresses, one after the other. */
function answer(...addresses: string[]) {
  replaceLookup(dns, (_name: string, _options: object, done: (...found: unknown[]) => void) => {
    const address = addresses.length > 1 ? addresses.shift()! : addresses[0]!;
    done(null, [{ address, family: 4 }]);
  });
}

it("refuses an address at once", () => {
  expect(() => guardedLookup("127.0.0.1", refuseLoopback)).toThrow(AddressRefused);
  expect(() => guardedLookup("192.0.2.1", refuseLoopback)).not.toThrow();
  expect(() => guardedLookup("[::1]", (_address, family) => `family ${family}`)).toThrow("family 6");
});

it("refuses a name that resolves to a refused address when the connection is made, and connects to nothing", async () => {
  const { port, connections } = await listen();
  answer("127.0.0.1");
  const socket = connect({
    host: "rebound.test",
    port,
    lookup: guardedLookup("rebound.test", refuseLoopback),
  });
  const [error] = await once(socket, "error");
  expect(error).toBeInstanceOf(AddressRefused);
  expect(connections()).toBe(0);
});

it("connects to the address that was checked, though the name resolves to another one afterwards", async () => {
  const { port } = await listen();
  answer("127.0.0.1", "192.0.2.1");
  const checked: string[] = [];
  const guard = guardedLookup("changing.test", (address) => void checked.push(address));
  const socket = connect({ host: "changing.test", port, lookup: guard });
  await once(socket, "connect");
  expect(socket.remoteAddress).toBe("127.0.0.1");
  expect(checked).toEqual(["127.0.0.1"]);
  socket.destroy();
});
