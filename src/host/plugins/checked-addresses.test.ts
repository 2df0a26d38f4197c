import dns from "node:dns/promises";
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { createClient, createRouterTransport } from "@connectrpc/connect";
import { beforeEach, expect, it } from "vitest";
import { readTypedError } from "../../errors/typed-error.js";
import { DriverService } from "../../gen/slipway/driver/v1/driver_pb.js";
import { type NodeConfig, NodeConfigSchema } from "../../gen/slipway/driver/v1/node_pb.js";
import {
  type BuildRequestSchema,
  NativeBuildService,
} from "../../gen/slipway/nativebuild/v1/native_build_pb.js";
import { replaceLookup } from "../../network/replace-lookup.test-helper.js";
import { checkAddresses } from "./checked-addresses.js";

/** What the plugin gets, call by call. */
let received: (NodeConfig | undefined)[] = [];

beforeEach(() => {
  received = [];
});

const transport = createRouterTransport(
  ({ service }) => {
    service(DriverService, {
      inspect({ config }) {
        received.push(config);
        return {};
      },
      async *acquire({ config }) {
        received.push(config);
        yield {};
      },
    });
    service(NativeBuildService, {
      async *build(requests) {
        for await (const { message } of requests)
          received.push(message.case === "start" ? message.value.config : undefined);
        yield {};
      },
    });
  },
  { transport: { interceptors: [checkAddresses] } },
);
const driver = createClient(DriverService, transport);
const native = createClient(NativeBuildService, transport);

/** Answers for all names with these addresses. */
function answer(...addresses: string[]) {
  const found = addresses.map((address) => ({ address, family: address.includes(":") ? 6 : 4 }));
  replaceLookup(dns, async () => found);
}

const configOf = (endpoint: string) =>
  create(NodeConfigSchema, { node: "n0", endpoint, allowedAddresses: {} });
const named = configOf("tcp://builder.test:1234");
const allowed = () => received.map((config) => config?.allowedAddresses?.addresses);
async function drain(messages: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of messages);
}
async function reasonOf(call: Promise<unknown>): Promise<string | undefined> {
  return call.then(
    () => undefined,
    (cause) => readTypedError(cause).reason,
  );
}

it("gives each call the addresses that the name has then, and leaves the stored node as it is", async () => {
  answer("198.51.100.1");
  await driver.inspect({ config: named });
  answer("198.51.100.2", "2001:db8::1");
  await driver.inspect({ config: named });
  await drain(driver.acquire({ config: named }));
  async function* requests(): AsyncGenerator<MessageInitShape<typeof BuildRequestSchema>> {
    yield { message: { case: "start", value: { config: named } } };
    yield { message: { case: "context", value: {} } };
  }
  await drain(native.build(requests()));
  const both = ["198.51.100.2", "2001:db8::1"];
  expect(allowed()).toEqual([["198.51.100.1"], both, both, both, undefined]);
  expect(named.allowedAddresses?.addresses).toEqual([]);
});

it("refuses a call as soon as one address is of the host's own machine", async () => {
  for (const own of ["127.0.0.1", "::1", "169.254.169.254"]) {
    answer("198.51.100.1", own);
    expect(await reasonOf(driver.inspect({ config: named }))).toBe("LOCAL_ONLY");
    expect(await reasonOf(drain(driver.acquire({ config: named })))).toBe("LOCAL_ONLY");
  }
  expect(received).toEqual([]);
});

it("allows no address of a name that does not resolve", async () => {
  replaceLookup(dns, async () => {
    throw Object.assign(new Error("none"), { code: "ENOTFOUND" });
  });
  await driver.inspect({ config: named });
  expect(allowed()).toEqual([[]]);
});

it("checks endpoints that are addresses in the same way", async () => {
  await driver.inspect({ config: configOf("tcp://[2001:db8::1]:1234") });
  expect(allowed()).toEqual([["2001:db8::1"]]);
  expect(await reasonOf(driver.inspect({ config: configOf("tcp://127.0.0.1:1234") }))).toBe("LOCAL_ONLY");
});

it("does not touch the nodes of local clients", async () => {
  await driver.inspect({ config: create(NodeConfigSchema, { endpoint: "tcp://127.0.0.1:1234" }) });
  expect(allowed()).toEqual([undefined]);
});
