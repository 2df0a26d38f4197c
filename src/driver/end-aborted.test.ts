import { mkdtempSync, rmSync } from "node:fs";
import { createConnection } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { beforeEach, expect, test } from "vitest";
import { DriverService } from "../gen/slipway/driver/v1/driver_pb.js";
import { PluginServer } from "./plugin-server.js";

const forever = new Promise<never>(() => {});
let clean: Promise<object>;
let markClean: () => void;
let server: PluginServer;
let client: ReturnType<typeof createClient<typeof DriverService>>;
let inspecting: Promise<void>;
let ended: Promise<void>;

beforeEach(async () => {
  const folder = mkdtempSync(join(tmpdir(), "slipway-aborted-"));
  const path = join(folder, "socket");
  clean = new Promise((resolve) => {
    markClean = () => resolve({});
  });
  let markInspecting = () => {};
  inspecting = new Promise((resolve) => {
    markInspecting = resolve;
  });
  let markEnded = () => {};
  ended = new Promise((resolve) => {
    markEnded = resolve;
  });
  server = new PluginServer({
    listen: { path },
    routes: (router) =>
      router.service(DriverService, {
        // Each ignores its signal.
        inspect() {
          markInspecting();
          return clean;
        },
        async *bootstrap() {
          yield {};
          await clean;
        },
        stop() {
          throw new Error("a bug");
        },
        async *tunnel() {
          try {
            for (;;) yield { data: Buffer.alloc(1 << 16) };
          } finally {
            markEnded();
          }
        },
      }),
  });
  await server.listen();
  const nodeOptions = { createConnection: () => createConnection(path) };
  client = createClient(DriverService, createGrpcTransport({ baseUrl: "http://localhost", nodeOptions }));
  return async () => {
    await server.close(0, 0);
    rmSync(folder, { recursive: true });
  };
});

test("calls end when the plugin shuts down, even if the driver ignores their signals", async () => {
  const stream = client.bootstrap({})[Symbol.asyncIterator]();
  expect((await stream.next()).done).toBe(false);
  const answers = [client.inspect({}), stream.next()].map((call) => call.catch(ConnectError.from));
  await inspecting;
  const closed = server.close(0, 600_000);
  for (const answer of answers) expect(await answer).toMatchObject({ code: Code.Canceled });
  // The drivers' code may still have to clean up, so the plugin waits for it.
  markClean();
  await closed;
});

test("a stream ends with its call, even if the driver ignores the signal and the caller reads no more", async () => {
  const call = new AbortController();
  async function* requests() {
    yield {};
    await forever;
  }
  const stream = client.tunnel(requests(), { signal: call.signal })[Symbol.asyncIterator]();
  expect((await stream.next()).done).toBe(false);
  call.abort();
  await ended;
});

test("an error that is not about an abort is not one", async () => {
  const error = await client.stop({}).catch(ConnectError.from);
  expect(error).toMatchObject({ code: Code.Internal });
});
