import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, it, onTestFinished } from "vitest";
import { driver } from "../../plugins/docker/src/driver.js";
import { lab } from "../lab/index.js";
import { openOffered } from "../offered.js";
import { call, failure, inspect, node } from "./harness.js";

/** Stands in for Engines that the lab cannot run: old ones, those of Windows, and other programs. */
async function fakeEngine(answer: RequestListener): Promise<string> {
  const server = createServer(answer).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `tcp://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const withVersion =
  (version: object, otherwise = 404): RequestListener =>
  (request, response) => {
    const found = request.url === "/version";
    response.writeHead(found ? 200 : otherwise, { "content-type": "application/json" });
    response.end(JSON.stringify(found ? version : { message: "page not found" }));
  };

it.each([
  ["too old", { Version: "18.06.3", ApiVersion: "1.38", Os: "linux" }, "ENGINE_TOO_OLD", /at least 1\.39/],
  [
    "for Windows containers",
    { Version: "28.0.0", ApiVersion: "1.48", Os: "windows" },
    "ENGINE_WINDOWS_CONTAINERS",
    /runs Windows containers/,
  ],
  ["not a Docker Engine", { hello: "world" }, "ENGINE_FOREIGN", /is not a Docker Engine/],
])("an Engine that is %s is unreachable, with a reason", async (_what, version, reason, message) => {
  const status = await inspect(await fakeEngine(withVersion(version)));
  expect(status).toMatchObject({
    reason,
    message: expect.stringMatching(message),
    remedy: expect.stringMatching(/./),
  });
});

it("an Engine is identified by its answer to a ping; its version is requested only to negotiate the API", async () => {
  const requests: string[] = [];
  const pinged = (api: string) =>
    fakeEngine(({ url = "" }, response) => {
      requests.push(url);
      response.setHeader("server", "Docker/99.0.0 (linux)").setHeader("api-version", api);
      const version = { Version: "99.0.0", ApiVersion: api, MinAPIVersion: "1.90", Os: "linux" };
      response.end(JSON.stringify(url === "/version" ? version : { DriverStatus: [] }));
    });
  expect(await inspect(await pinged("1.55"))).toMatchObject({ backend: "Docker Engine 99.0.0 (API 1.55)" });
  expect(requests).toEqual(["/_ping", "/v1.55/info"]);
  expect(await inspect(await pinged("1.99"))).toMatchObject({
    reason: "ENGINE_API_VERSION",
    message: expect.stringContaining("speaks API 1.90 to 1.99"),
  });
});

it("an Engine without BuildKit is recognized by its answer to the upgrade", async () => {
  const version = { Version: "4.3.1", ApiVersion: "1.41", Os: "linux" };
  const without = await fakeEngine(withVersion(version));
  const guarded = await fakeEngine(withVersion(version, 403));
  const connect = (host: string) => failure(openOffered(driver, node(host), call));
  expect(await connect(without)).toMatchObject({
    reason: "ENGINE_WITHOUT_BUILDKIT",
    message: expect.stringContaining("it answered POST /grpc with 404 page not found"),
  });
  expect(await connect(guarded)).toMatchObject({ reason: "ENGINE_GRPC_FORBIDDEN" });
});

it("an Engine that does not answer times out", async () => {
  const host = await fakeEngine(() => {});
  expect(await inspect(host)).toMatchObject({ reason: "ENGINE_TIMEOUT" });
});

it("a cancelled call ends without waiting for the Engine", async () => {
  const host = await fakeEngine(() => {});
  const abort = new AbortController();
  const inspected = failure(driver.inspect(node(host), { signal: abort.signal }));
  setTimeout(() => abort.abort(), 200);
  expect(await inspected).toMatchObject({ reason: "CANCELED" });
});

it("a socket without permission has its own reason", async () => {
  process.seteuid!("nobody");
  const status = await inspect(lab().engine29.host).finally(() => process.seteuid!(0));
  expect(status).toMatchObject({
    reason: "ENGINE_PERMISSION_DENIED",
    remedy: expect.stringContaining("group"),
  });
});
