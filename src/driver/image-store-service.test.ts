import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { createServer, request as httpRequest, type IncomingMessage } from "node:http";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer, text } from "node:stream/consumers";
import type { MessageInitShape } from "@bufbuild/protobuf";
import { Code, createClient, createRouterTransport } from "@connectrpc/connect";
import { expect, it, onTestFinished } from "vitest";
import { readTypedError } from "../errors/typed-error.js";
import {
  type HttpTransfer,
  ImageStoreService,
  type LoadImageRequestSchema,
} from "../gen/slipway/driver/v1/image_store_pb.js";
import { capabilityIds } from "../plugin-protocol/capabilities.js";
import { Channel } from "../util/channel.js";
import type { Driver } from "./driver.js";
import { DriverTable } from "./driver-table.js";
import type { ArchiveRequest } from "./image-archive.js";
import type { ImageStore } from "./image-store.js";
import { imageStoreService } from "./image-store-service.js";

type LoadInit = MessageInitShape<typeof LoadImageRequestSchema>;

const storeEvent = { case: "store" as const, value: { driver: "test" } };

function tempFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "slipway-test-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

/** A store's server, which echoes the length of what it gets; and requests to it. */
async function server() {
  const path = join(tempFolder(), "server.sock");
  const listening = createServer(async (request, response) => {
    response.end(
      request.method === "GET" ? Buffer.alloc(3_000_000) : `${(await buffer(request)).length} bytes`,
    );
  }).listen(path);
  await once(listening, "listening");
  onTestFinished(() => void listening.close());
  const via = (method: string, isDirect: boolean): ArchiveRequest => ({
    connect: async () => connect({ path, allowHalfOpen: true }),
    direct: isDirect ? { case: "unix", value: { path } } : undefined,
    method,
    path: "/images",
  });
  return { path, via };
}

/** A client of a plugin with a store. */
function clientOf(store: Partial<ImageStore>, folder?: string) {
  const driver = {
    descriptor: { name: "test", capabilities: [{ id: capabilityIds.imageStore }] },
    imageStore: store,
  };
  const table = new DriverTable([driver as unknown as Driver]);
  const routes = createRouterTransport(({ service }) => {
    service(ImageStoreService, imageStoreService(table, folder));
  });
  return createClient(ImageStoreService, routes);
}

/** A load by hand: returns the address that the plugin asks for, and functions to go on. */
async function beginLoad(client: ReturnType<typeof clientOf>) {
  const requests = new Channel<LoadInit>();
  const send = (event: LoadInit["event"]) => void requests.send({ event });
  send(storeEvent);
  const responses = client.loadImage(requests)[Symbol.asyncIterator]();
  const { value: first } = await responses.next();
  if (first?.event.case !== "transfer") throw new Error(`The first event is ${first?.event.case}.`);
  const end = async () => {
    requests.close();
    const { value } = await responses.next();
    return value?.event.case === "loaded" ? value.event.value.names : value?.event.case;
  };
  return { transport: first.event.value.transport, send, end };
}

function call({ address, method, path }: HttpTransfer, body: string): Promise<IncomingMessage> {
  if (address.case !== "unix") throw new Error("It is no unix socket.");
  const sent = httpRequest({ socketPath: address.value.path, method, path });
  sent.end(body);
  return once(sent, "response").then(([response]) => response);
}

const answers = (parts: { status: number; body?: string }) => [
  { case: "answer" as const, value: { part: { case: "status" as const, value: parts.status } } },
  {
    case: "answer" as const,
    value: { part: { case: "body" as const, value: Buffer.from(parts.body ?? "") } },
  },
];

const loading = (request: ArchiveRequest): Partial<ImageStore> => ({
  async load(_ref, archive) {
    const { status, body } = await archive.sendTo(request);
    return [`${status} ${await text(body)}`];
  },
});

it("gives a host on this machine the address of a store's server", async () => {
  const { path, via } = await server();
  const { transport, send, end } = await beginLoad(clientOf(loading(via("POST", true)), tempFolder()));
  expect(transport).toMatchObject({ case: "http", value: { address: { value: { path } }, path: "/images" } });
  for (const event of answers({ status: 201, body: "done" })) send(event);
  expect(await end()).toEqual(["201 done"]);
});

it("gives it a socket to a server that only the plugin reaches, and removes it after the load", async () => {
  const { path, via } = await server();
  const { transport, send, end } = await beginLoad(clientOf(loading(via("POST", false)), tempFolder()));
  if (transport.case !== "http" || transport.value.address.case !== "unix") throw new Error(transport.case);
  const relayed = transport.value.address.value.path;
  expect(relayed).not.toBe(path);
  const body = await text(await call(transport.value, "12345"));
  expect(body).toBe("5 bytes");
  for (const event of answers({ status: 200, body })) send(event);
  expect(await end()).toEqual(["200 5 bytes"]);
  expect(existsSync(relayed)).toBe(false);
});

it("makes the request itself for a host on another machine", async () => {
  const { via } = await server();
  const { transport, send, end } = await beginLoad(clientOf(loading(via("POST", true))));
  expect(transport.case).toBe("stream");
  send({ case: "data", value: Buffer.alloc(100) });
  expect(await end()).toEqual(["200 100 bytes"]);

  const saving: Partial<ImageStore> = {
    save: async (_ref, _names, archive) => void (await archive.fetchFrom(via("GET", true))),
  };
  const images = { case: "images" as const, value: { store: storeEvent.value, names: ["a:1"] } };
  const events: (string | undefined)[] = [];
  let bytes = 0;
  const requests = (async function* () {
    yield { event: images };
  })();
  for await (const { event } of clientOf(saving).saveImage(requests)) {
    events.push(event.case);
    if (event.case === "data") bytes += event.value.length;
  }
  expect(events[0]).toBe("transfer");
  expect(bytes).toBe(3_000_000);
});

it("refuses requests that do not fit the transfer, and an answer that ends early", async () => {
  const { via } = await server();
  const wrong: [ArchiveRequest | undefined, LoadInit["event"][]][] = [
    [via("POST", true), [{ case: "data", value: Buffer.alloc(1) }]],
    [via("POST", true), []],
    [via("POST", true), answers({ status: 200 }).toReversed()],
    [undefined, answers({ status: 200 })],
    [undefined, [storeEvent]],
  ];
  for (const [request, events] of wrong) {
    const reading: Partial<ImageStore> = {
      async load(_ref, archive) {
        for await (const _ of archive);
        return ["any"];
      },
    };
    const { send, end } = await beginLoad(clientOf(request ? loading(request) : reading, tempFolder()));
    for (const event of events) send(event);
    expect(await end().then(String, readTypedError)).toMatchObject({
      code: Code.InvalidArgument,
      reason: "TRANSFER_INCOMPLETE",
    });
  }
});

it("fails with UNAVAILABLE when the connection broke, unless the store says more", async () => {
  const { via } = await server();
  const { send, end } = await beginLoad(clientOf(loading(via("POST", true)), tempFolder()));
  send({ case: "answer", value: { part: { case: "failure", value: "connect ECONNREFUSED" } } });
  expect(await end().then(String, readTypedError)).toMatchObject({
    code: Code.Unavailable,
    reason: "CONNECTION_LOST",
    message: "The connection that carries the image archive broke: connect ECONNREFUSED.",
  });
});

it("lists images in pages, and refuses wrong sizes and tokens in the drivers' domain", async () => {
  const ids = ["a", "b", "c"].map((id) => ({ id: `sha256:${id}` }));
  const { listImages } = clientOf({ list: async () => ids });
  const store = { driver: "test" };
  const first = await listImages({ store, pageSize: 2 });
  const second = await listImages({ store, pageToken: first.nextPageToken });
  expect([first, second].map(({ images }) => images.map(({ id }) => id))).toEqual([
    ["sha256:a", "sha256:b"],
    ["sha256:c"],
  ]);
  expect(second.nextPageToken).toBe("");
  for (const [page, reason] of [
    [{ pageSize: -1 }, "PAGE_SIZE_INVALID"],
    [{ pageToken: "made up" }, "PAGE_TOKEN_INVALID"],
    [{ name: "app", pageToken: first.nextPageToken }, "PAGE_TOKEN_INVALID"],
  ] as const) {
    const error = await listImages({ store, ...page }).catch(readTypedError);
    expect(error).toMatchObject({ code: Code.InvalidArgument, reason, domain: "driver.slipway.dev" });
  }
});
