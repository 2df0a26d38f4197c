import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Code } from "@connectrpc/connect";
import { expect, it, onTestFinished } from "vitest";
import { givenCredentials } from "../config/credential.js";
import { readTypedError } from "../errors/typed-error.js";
import { RegistryClient } from "./client.js";

it("sends no login to a token server without TLS that is not on the loopback interface", async () => {
  const paths: string[] = [];
  const server = createServer((request, response) => {
    const { port } = server.address() as AddressInfo;
    paths.push(request.url!);
    response.writeHead(401, { "www-authenticate": `Bearer realm="http://0.0.0.0:${port}/token"` }).end();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  const domain = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const credentials = [givenCredentials([[domain, { username: "u", secret: "p" }]])];
  const client = new RegistryClient({ domain, insecure: false, credentials });
  const error = await client.getManifest("app", "1", new AbortController().signal).then(
    () => expect.fail("accepted"),
    (cause) => readTypedError(cause),
  );
  expect(error).toMatchObject({ code: Code.FailedPrecondition, reason: "TOKEN_SERVER_INSECURE" });
  expect(error.message).toContain("uses plain HTTP");
  expect(paths).toEqual(["/v2/app/manifests/1"]);
});
