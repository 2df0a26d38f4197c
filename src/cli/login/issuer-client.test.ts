import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, it, onTestFinished } from "vitest";
import { readTypedError } from "../../errors/typed-error.js";
import { IssuerClient, shownUrl } from "./issuer-client.js";

const onLoopback = { kind: "tcp", url: "http://127.0.0.1:8080" } as const;
const elsewhere = { kind: "tcp", url: "https://builds.example" } as const;

type Answer = [status: number, body: object];

/** Starts an issuer with these answers of its endpoints. It breaks off where a function returns none. */
async function startIssuer(
  metadata: object,
  answers: Record<string, Answer | (() => Answer | undefined)> = {},
) {
  let url = "";
  const answer: RequestListener = (request, response) => {
    const given = answers[request.url!] ?? [200, { issuer: url, ...at(url, metadata) }];
    const found = typeof given === "function" ? given() : given;
    if (!found) return void request.socket.destroy();
    const [status, body] = found;
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
  };
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return url;
}

/** The endpoints of an issuer: paths are below its URL. */
function at(url: string, metadata: object) {
  return Object.fromEntries(Object.entries(metadata).map(([key, value]) => [key, new URL(value, url).href]));
}

const endpoints = { device_authorization_endpoint: "/device", token_endpoint: "/token" };
const device = {
  device_code: "d",
  user_code: "ABCD",
  verification_uri: "https://id.example/device",
  expires_in: 60,
  interval: 0.01,
};

async function errorOf(work: Promise<unknown>) {
  return readTypedError(await work.then(() => new Error("it succeeded")).catch((cause) => cause));
}

it.each([
  "http://id.example",
  "https://ann:secret@id.example",
  "https://id.example/?path",
  "https://id.example/#fragment",
  "https://id.example/delete/.well-known/x",
  "http://127.0.0.1:1",
  "https://localhost",
  "id.example",
])("refuses the issuer %s of a host elsewhere", async (url) => {
  expect(await errorOf(IssuerClient.open(url, "slipway", elsewhere))).toMatchObject({
    reason: "LOGIN_ISSUER_UNSAFE",
  });
});

it("calls no endpoint in clear text over a network", async () => {
  const url = await startIssuer({ device_authorization_endpoint: "http://192.0.2.1/device" });
  const client = await IssuerClient.open(url, "slipway", onLoopback);
  expect(await errorOf(client.deviceCode(["openid"]))).toMatchObject({
    reason: "LOGIN_ISSUER_FAILED",
    message: `The issuer ${url} cannot be asked: it names an endpoint that is not on https.`,
  });
});

it("shows an error of the issuer in one line", async () => {
  const error = { error: "invalid_client", error_description: "No.\nHINT: Run this.\u001b[2J" };
  const url = await startIssuer(endpoints, { "/device": [400, error] });
  const client = await IssuerClient.open(url, "slipway", onLoopback);
  expect((await errorOf(client.deviceCode(["openid"]))).message).toBe(
    `The issuer ${url} cannot be asked: No.\\nHINT: Run this.\\u001b[2J.`,
  );
});

it.each([0.5, 3_000_000, 1e12])("waits for a code that is valid for %d seconds", async (expires_in) => {
  const answers = {
    "/device": [200, { ...device, expires_in }],
    "/token": [400, { error: "access_denied" }],
  } satisfies Record<string, [number, object]>;
  const client = await IssuerClient.open(await startIssuer(endpoints, answers), "slipway", onLoopback);
  const { tokens } = await client.deviceCode(["openid"]);
  expect(await errorOf(tokens())).toMatchObject({ reason: "LOGIN_DENIED" });
});

it.each([
  ["https://id.example", "https://id.example"],
  ["https://id.example/a?b", "https://id.example/a?b"],
  ["https://id.example/ with a text", "https://id.example/%20with%20a%20text"],
  ["https://gооgle.com/", "https://xn--ggle-55da.com/"],
])("shows %j as %s", (url, shown) => {
  expect(shownUrl(url)).toBe(shown);
});

it("asks again when the issuer does not answer while a person logs in", async () => {
  let asked = 0;
  const url = await startIssuer(endpoints, {
    "/device": [200, device],
    "/token": () => (++asked < 3 ? undefined : [400, { error: "access_denied" }]),
  });
  const { tokens } = await (await IssuerClient.open(url, "slipway", onLoopback)).deviceCode(["openid"]);
  expect(await errorOf(tokens())).toMatchObject({ reason: "LOGIN_DENIED" });
  expect(asked).toBe(3);
});

it("refuses a code that is too long", async () => {
  const answer = { ...device, user_code: "A".repeat(65) };
  const url = await startIssuer(endpoints, { "/device": [200, answer] });
  const client = await IssuerClient.open(url, "slipway", onLoopback);
  expect((await errorOf(client.deviceCode(["openid"]))).message).toContain("longer than 64 characters");
});
