import { create } from "@bufbuild/protobuf";
import { createContextValues, type HandlerContext } from "@connectrpc/connect";
import { expect, it } from "vitest";
import { NegotiateRequestSchema } from "../../gen/slipway/v1/host_pb.js";
import { version } from "../../util/version.js";
import { callerKey } from "../access/caller.js";
import type { Builds } from "../builds/builds.js";
import { hostService } from "./host-service.js";
import type { Negotiation } from "./negotiation.js";

/** Negotiates as a client, and returns the clients that the host took for newer ones. */
async function newerClients(name: string, version: string, transport: "unix" | "tcp"): Promise<string[]> {
  const newer: string[] = [];
  const service = hostService({
    builds: {} as Builds,
    negotiation: { answer: async () => ({ capabilities: [] }) } as unknown as Negotiation,
    onNewerClient: (client) => newer.push(`${client.name} ${client.version}`),
    diagnose: async () => [],
    shutdown() {},
  });
  const values = createContextValues().set(callerKey, { transport, policy: { allowRemoteAdmin: false } });
  const context = { values, responseHeader: new Headers() } as unknown as HandlerContext;
  await service.negotiate(create(NegotiateRequestSchema, { client: { name, version } }), context);
  return newer;
}

it.each(["slipway-cli", "slipway-js", "slipway-go", "slipway-python", "slipway-java"])(
  "a host follows the client %s only if the client is newer and on the same machine",
  async (name) => {
    expect(await newerClients(name, "999.0.0", "unix")).toEqual([`${name} 999.0.0`]);
    expect(await newerClients(name, version, "unix")).toEqual([]);
    expect(await newerClients(name, "999.0.0", "tcp")).toEqual([]);
  },
);

it("programs with names and versions of their own replace no host", async () => {
  expect(await newerClients("acme", "999.0.0", "unix")).toEqual([]);
});
