import { once } from "node:events";
import { type AddressInfo, connect, createServer } from "node:net";
import { create } from "@bufbuild/protobuf";
import { expect, it, onTestFinished } from "vitest";
import { NodeConfigSchema } from "../gen/slipway/driver/v1/node_pb.js";
import { allowedLookup } from "./allowed-lookup.js";

const lookupOf = (...addresses: string[]) =>
  allowedLookup(create(NodeConfigSchema, { allowedAddresses: { addresses } }));

async function listen(): Promise<number> {
  const server = createServer((socket) => socket.end()).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

it("leaves names to Node when all addresses are allowed", () => {
  expect(allowedLookup(create(NodeConfigSchema))).toBeUndefined();
});

it("connects to the allowed addresses one after the other, whatever the name resolves to", async () => {
  const port = await listen();
  // Nothing listens at the first two.
  const lookup = lookupOf("::1", "127.0.0.2", "127.0.0.1");
  const socket = connect({ host: "builder.invalid", port, lookup });
  await once(socket, "connect");
  expect(socket.remoteAddress).toBe("127.0.0.1");
  socket.destroy();
});

it("answers a question for one address, or one family", async () => {
  const port = await listen();
  const lookup = lookupOf("::1", "127.0.0.1");
  const socket = connect({ host: "builder.invalid", port, lookup, family: 4, autoSelectFamily: false });
  await once(socket, "connect");
  expect(socket.remoteAddress).toBe("127.0.0.1");
  socket.destroy();
});

it("connects nowhere when no address is allowed", async () => {
  const socket = connect({ host: "localhost", port: await listen(), lookup: lookupOf() });
  const [error] = await once(socket, "error");
  expect(error).toMatchObject({ code: "ENOTFOUND" });
});
