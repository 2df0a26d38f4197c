import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { Code } from "@connectrpc/connect";
import { expect, it, onTestFinished } from "vitest";
import { type Credential, givenCredentials } from "../config/credential.js";
import { readTypedError } from "../errors/typed-error.js";
import { RegistryClient, type RegistryClientOptions } from "./client.js";

const login = { username: "u", secret: "p" };

/** A registry, and its token server under /token. */
interface TestRegistry {
  port: number;
  /** Path and `Authorization` of every request to the registry. */
  requests: string[];
}

/** Starts a registry over plain HTTP that has one manifest behind a challenge; stopped after the test. */
async function startRegistry(challenge: (port: number) => string): Promise<TestRegistry> {
  const requests: string[] = [];
  const server = createServer((request: IncomingMessage, response) => {
    if (request.url!.startsWith("/token")) return response.end(JSON.stringify({ token: "t" }));
    const { authorization } = request.headers;
    requests.push(`${request.url} ${authorization}`);
    if (authorization) return response.end("{}");
    return response.writeHead(401, { "www-authenticate": challenge(port) }).end();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  return { port, requests };
}

function read(domain: string, credential?: Credential) {
  const credentials = credential ? [givenCredentials([[domain, credential]])] : [];
  const client = new RegistryClient({ domain, insecure: true, credentials });
  return client.getManifest("app", "1", new AbortController().signal);
}

async function errorOf(result: Promise<unknown>) {
  return result.then(
    () => expect.fail("accepted"),
    (cause) => readTypedError(cause),
  );
}

const basic = () => 'Basic realm="r"';
const bearer = (port: number) => `Bearer realm="http://127.0.0.1:${port}/token"`;

// 0.0.0.0 reaches the servers of the tests, and is not a loopback address.

it("sends no login to a token server without TLS that is not on the loopback interface", async () => {
  const { port, requests } = await startRegistry(
    (own) => `Bearer realm="${bearer(own).slice(14, -1).replace("127.0.0.1", "0.0.0.0")}"`,
  );
  const error = await errorOf(read(`127.0.0.1:${port}`, login));
  expect(error).toMatchObject({ code: Code.FailedPrecondition, reason: "TOKEN_SERVER_INSECURE" });
  expect(error.message).toContain("uses plain HTTP");
  expect(requests).toEqual(["/v2/app/manifests/1 undefined"]);
});

it.each([
  ["password", basic, login],
  ["token for a login", bearer, login],
  ["registry token", bearer, { username: "", secret: "", registryToken: "t" }],
])(
  "sends no %s to a registry without TLS that is not on the loopback interface",
  async (_, challenge, credential) => {
    const { port, requests } = await startRegistry(challenge);
    const error = await errorOf(read(`0.0.0.0:${port}`, credential));
    expect(error).toMatchObject({
      code: Code.FailedPrecondition,
      reason: "REGISTRY_INSECURE",
      message: `Failed to read 0.0.0.0:${port}/app:1: 0.0.0.0:${port} uses plain HTTP, so no login is sent to it.`,
      remedy: expect.stringContaining("HTTPS"),
    });
    expect(requests).toEqual(["/v2/app/manifests/1 undefined"]);
  },
);

it("sends a token that everyone gets to such a registry", async () => {
  const { port, requests } = await startRegistry(bearer);
  await read(`0.0.0.0:${port}`);
  expect(requests).toEqual(["/v2/app/manifests/1 undefined", "/v2/app/manifests/1 Bearer t"]);
});

it.each([
  ["password", basic, "Basic dTpw"],
  ["token", bearer, "Bearer t"],
])("sends a %s to a registry without TLS on the loopback interface", async (_, challenge, sent) => {
  const { port, requests } = await startRegistry(challenge);
  await read(`127.0.0.1:${port}`, login);
  expect(requests).toEqual(["/v2/app/manifests/1 undefined", `/v2/app/manifests/1 ${sent}`]);
});

it("connects to no token server and no registry at a refused address", async () => {
  const { port, requests } = await startRegistry(bearer);
  const domain = `127.0.0.1:${port}`;
  const ask = (options: Partial<RegistryClientOptions>) =>
    new RegistryClient({ domain, insecure: true, credentials: [], ...options }).getManifest(
      "app",
      "1",
      new AbortController().signal,
    );
  const refuse = () => "it is the host's own";
  const noToken = await errorOf(ask({ refuseTokenServer: refuse }));
  expect(noToken).toMatchObject({ code: Code.PermissionDenied, reason: "TOKEN_SERVER_REFUSED" });
  expect(noToken.message).toContain("is refused: it is the host's own.");
  expect(requests).toEqual(["/v2/app/manifests/1 undefined"]);
  const nothing = await errorOf(ask({ refuse }));
  expect(nothing).toMatchObject({ code: Code.FailedPrecondition, reason: "REGISTRY_REFUSED" });
  expect(requests).toHaveLength(1);
  await ask({ refuse: () => undefined, refuseTokenServer: () => undefined });
  expect(requests).toHaveLength(3);
});
