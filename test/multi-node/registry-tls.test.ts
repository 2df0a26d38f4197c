import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { givenCredentials } from "../../src/config/credential.js";
import { readTypedError } from "../../src/errors/typed-error.js";
import { RegistryClient } from "../../src/registry/client.js";
import { makeTestTls, must, tempDir } from "../lab/index.js";

/** Starts a registry that asks for a password; 0.0.0.0 reaches it, and is not a loopback address. */
async function startRegistry() {
  const { ca, certPath, serverKey } = await makeTestTls(join(await tempDir(), "tls"));
  const cert = join(certPath, "any-address.pem");
  const signing = ["-CA", ca, "-CAkey", join(certPath, "ca-key.pem"), "-key", serverKey];
  const subject = ["-subj", "/CN=registry", "-addext", "subjectAltName=IP:0.0.0.0"];
  await must("openssl", ["req", "-x509", "-new", ...signing, ...subject, "-out", cert]);
  const authorizations: (string | undefined)[] = [];
  const tls = { key: await readFile(serverKey), cert: await readFile(cert) };
  const server = createServer(tls, ({ headers: { authorization } }, response) => {
    authorizations.push(authorization);
    if (authorization) return response.end("{}");
    return response.writeHead(401, { "www-authenticate": 'Basic realm="r"' }).end();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  const domain = `0.0.0.0:${(server.address() as AddressInfo).port}`;
  return { domain, ca: await readFile(ca, "utf8"), authorizations };
}

function read(domain: string, ca: string[]) {
  const credentials = [givenCredentials([[domain, { username: "u", secret: "p" }]])];
  const client = new RegistryClient({ domain, insecure: true, ca, credentials });
  return client.getManifest("app", "1", new AbortController().signal);
}

test("an insecure registry whose certificate is not trusted gets no login", async () => {
  const { domain, authorizations } = await startRegistry();
  const error = await read(domain, []).then(
    () => expect.fail("accepted"),
    (cause) => readTypedError(cause),
  );
  expect(error).toMatchObject({
    reason: "REGISTRY_INSECURE",
    message: `Failed to read ${domain}/app:1: ${domain} has a certificate that is not trusted, so no login is sent to it.`,
  });
  expect(authorizations).toEqual([undefined]);
});

test("an insecure registry whose certificate is trusted gets the login", async () => {
  const { domain, ca, authorizations } = await startRegistry();
  await read(domain, [ca]);
  expect(authorizations).toEqual([undefined, "Basic dTpw"]);
});
