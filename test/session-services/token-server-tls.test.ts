import { readFile } from "node:fs/promises";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { Code } from "@connectrpc/connect";
import { expect, onTestFinished, test, vi } from "vitest";
import { fetchRegistryToken } from "../../src/registry/registry-token.js";
import { makeTestTls, tempDir } from "../lab/index.js";

test("verifies a token server by the certificates of the system", async () => {
  const tls = await makeTestTls(join(await tempDir(), "tls"));
  const server = createServer(
    { cert: await readFile(tls.serverCert), key: await readFile(tls.serverKey) },
    (_, response) => response.end(JSON.stringify({ token: "given" })),
  );
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  onTestFinished(() => void vi.unstubAllEnvs());
  const realm = `https://127.0.0.1:${(server.address() as AddressInfo).port}/token`;
  const ask = () =>
    fetchRegistryToken({ clientId: "c", realm, service: "s", scopes: [] }, new AbortController().signal);

  await expect(ask()).rejects.toMatchObject({
    code: Code.Unavailable,
    message: expect.stringMatching(/certificate.*BUILDKIT_NO_CLIENT_TOKEN/),
  });
  vi.stubEnv("SSL_CERT_FILE", tls.ca);
  expect(await ask()).toMatchObject({ token: "given" });
});
