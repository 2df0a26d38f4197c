import { once } from "node:events";
import { connect as http2Connect } from "node:http2";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { createClient } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import { expect, onTestFinished, test } from "vitest";
import { HostService } from "../../src/gen/slipway/v1/host_pb.js";
import { until } from "../lab/index.js";
import { startTestServer } from "./test-api.js";

const path = "/slipway.v1.HostService/Negotiate";
const headers = { ":method": "POST", ":path": path, "content-type": "application/json" };

/** Sends bytes and returns what arrives until the server closes the connection or `ms` have passed. */
async function exchange(
  unixPath: string,
  bytes: string | Buffer,
  { end = true, ms = 60_000 } = {},
): Promise<string> {
  const socket = connect(unixPath);
  onTestFinished(() => void socket.destroy());
  let answer = "";
  socket.on("data", (data) => {
    answer += data;
  });
  socket.on("error", () => {});
  if (end) socket.end(bytes);
  else socket.write(bytes);
  await Promise.race([once(socket, "close"), sleep(ms)]);
  return answer;
}

async function stillServes(unixPath: string): Promise<void> {
  const transport = createConnectTransport({
    baseUrl: "http://localhost",
    httpVersion: "1.1",
    nodeOptions: { socketPath: unixPath } as never,
  });
  expect(await createClient(HostService, transport).negotiate({})).toMatchObject({ host: {} });
}

test("accepts an authority that is not a host name", async () => {
  const { unixPath } = await startTestServer();
  for (const authority of ["%2Ftmp%2Fslipway.sock", "[", "a:b:c"]) {
    const session = http2Connect("http://localhost", { createConnection: () => connect(unixPath) });
    onTestFinished(() => session.destroy());
    const request = session.request({ ...headers, ":authority": authority });
    request.end("{}");
    const [response] = await once(request, "response");
    expect(response[":status"]).toBe(200);
  }
  const body = "content-type: application/json\r\ncontent-length: 2\r\n\r\n{}";
  expect(await exchange(unixPath, `POST ${path} HTTP/1.0\r\n${body}`)).toContain(" 200 ");
  expect(
    await exchange(unixPath, `POST ${path} HTTP/1.1\r\nhost: [\r\nconnection: close\r\n${body}`),
  ).toContain(" 200 ");
});

test("survives bytes that are not a request", async () => {
  const { unixPath } = await startTestServer();
  const clientHello = Buffer.from("16030100a5010000a10303", "hex");
  for (const bytes of [
    "",
    "P",
    "PR",
    "PRI * HTTP/2.0\r\n\r\nSM\r\n\r",
    "\0\0\0",
    clientHello,
    "GET / HTTP/9.9\r\n\r\n",
  ]) {
    await exchange(unixPath, bytes, { ms: 100 });
  }
  expect(await exchange(unixPath, "GET /nowhere HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")).toContain(
    " 404 ",
  );
  await stillServes(unixPath);
});

test("reads a request that arrives byte by byte", async () => {
  const { unixPath } = await startTestServer();
  const socket = connect(unixPath);
  onTestFinished(() => void socket.destroy());
  const answer = once(socket, "data");
  for (const byte of "POST /nowhere HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\n\r\n") {
    socket.write(byte);
    await sleep(1);
  }
  expect(String(await answer)).toContain(" 404 ");
});

test("allows headers larger than Node's default, up to a limit", async () => {
  const { unixPath } = await startTestServer();
  const get = (bytes: number) =>
    exchange(
      unixPath,
      `GET /nowhere HTTP/1.1\r\nhost: x\r\nconnection: close\r\nx-a: ${"a".repeat(bytes)}\r\n\r\n`,
    );
  expect(await get(40_000)).toContain(" 404 ");
  expect(await get(200_000)).toContain(" 431 ");
});

test("closes a connection on which nothing arrives", async () => {
  const { unixPath } = await startTestServer({ limits: { firstRequestMs: 200 } });
  const socket = connect(unixPath);
  onTestFinished(() => void socket.destroy());
  let closed = false;
  socket.resume().once("close", () => {
    closed = true;
  });
  await until("the connection to close", () => closed);
  await stillServes(unixPath);
});

test("ends a call whose client continues to send after its answer", async () => {
  const { unixPath, server } = await startTestServer();
  const session = http2Connect("http://localhost", { createConnection: () => connect(unixPath) });
  onTestFinished(() => session.destroy());
  const request = session.request({ ...headers, "content-type": "text/plain" });
  request.write("never ends");
  const [response] = await once(request, "response");
  expect(response[":status"]).toBe(415);
  request.resume();
  await until("the call to end", () => server.activity.held === 0);
  request.destroy();
});
