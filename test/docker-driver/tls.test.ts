import { once } from "node:events";
import { readFile, writeFile } from "node:fs/promises";
import { type AddressInfo, connect } from "node:net";
import { join } from "node:path";
import { createServer } from "node:tls";
import { expect, it, onTestFinished, vi } from "vitest";
import { dockerHome } from "../../plugins/engine/src/docker-home.test-helper.js";
import { NodeState } from "../../src/driver/index.js";
import { lab, makeTestTls, must, type TestTls, tempDir } from "../lab/index.js";
import { inspect, withBuildkit } from "./harness.js";

/** A TLS proxy with another certificate in front of a real Engine. */
async function tlsProxy(socket: string, cert: string, key: string): Promise<string> {
  const server = createServer({ cert: await readFile(cert), key: await readFile(key) }, (client) => {
    const engine = connect(socket);
    client.on("error", () => engine.destroy()).pipe(engine);
    engine.on("error", () => client.destroy()).pipe(client);
  });
  server.on("tlsClientError", () => {});
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Signs a certificate with the given names for the server's key; negative days make it expired. */
async function sign(tls: TestTls, folder: string, names: string, days: number): Promise<string> {
  const file = (name: string) => join(folder, name);
  await writeFile(file("names"), `subjectAltName=${names}`);
  const request = ["-new", "-key", tls.serverKey, "-subj", "/CN=localhost", "-out", file("csr")];
  await must("openssl", ["req", ...request]);
  const authority = ["-CA", tls.ca, "-CAkey", join(tls.certPath, "ca-key.pem"), "-CAserial", file("serial")];
  const signing = [
    "-CAcreateserial",
    "-days",
    String(days),
    "-extfile",
    file("names"),
    "-out",
    file("signed.pem"),
  ];
  await must("openssl", ["x509", "-req", "-in", file("csr"), ...authority, ...signing]);
  return file("signed.pem");
}

const folderWith = async (files: Record<string, string>) => {
  const folder = await tempDir();
  for (const [name, source] of Object.entries(files))
    await writeFile(join(folder, name), await readFile(source));
  return folder;
};

it("an Engine is used over TCP with mutual TLS", async () => {
  const { host, tls } = lab().engine29.tcp;
  const endpoint = `${host}?certPath=${tls.certPath}`;
  expect(await inspect(endpoint)).toMatchObject({ state: NodeState.RUNNING });
  await withBuildkit(endpoint, async (buildkit) => {
    expect((await buildkit.control.listWorkers({})).record).toHaveLength(1);
    const session = await buildkit.openSession({ methods: [] });
    await session.close();
  });
});

it("an Engine is used through a context with certificates", async () => {
  const { host, tls } = lab().engine29.tcp;
  const files = { "ca.pem": tls.ca, "cert.pem": tls.cert, "key.pem": tls.key };
  const texts = Object.entries(files).map(async ([name, path]) => [name, await readFile(path, "utf8")]);
  const home = await dockerHome({ lab: { host, tls: Object.fromEntries(await Promise.all(texts)) } });
  expect(await inspect(`lab?config=${home}`)).toMatchObject({ state: NodeState.RUNNING });
  await withBuildkit(`lab?config=${home}`, (buildkit) => buildkit.control.listWorkers({}));
});

it("without ca.pem, the authorities are the machine's", async () => {
  const { host, tls } = lab().engine29.tcp;
  const files = { "cert.pem": await readFile(tls.cert, "utf8"), "key.pem": await readFile(tls.key, "utf8") };
  const home = await dockerHome({ lab: { host, tls: files } });
  expect(await inspect(`lab?config=${home}`)).toMatchObject({ reason: "ENGINE_TLS_UNTRUSTED" });
  onTestFinished(() => void vi.unstubAllEnvs());
  vi.stubEnv("SSL_CERT_FILE", tls.ca);
  expect(await inspect(`lab?config=${home}`)).toMatchObject({ state: NodeState.RUNNING });
  vi.stubEnv("SSL_CERT_FILE", "/missing/roots.pem");
  expect(await inspect(`lab?config=${home}`)).toMatchObject({
    state: NodeState.UNREACHABLE,
    message: expect.stringContaining("the trusted certificates cannot be read"),
  });
});

it("the Engine's certificate must be signed by the given authority, unless verification is off", async () => {
  const { host, tls } = lab().engine29.tcp;
  const other = await makeTestTls(join(await tempDir(), "tls"));
  const certPath = await folderWith({ "ca.pem": other.ca, "cert.pem": tls.cert, "key.pem": tls.key });
  expect(await inspect(`${host}?certPath=${certPath}`)).toMatchObject({
    state: NodeState.UNREACHABLE,
    reason: "ENGINE_TLS_UNTRUSTED",
    message: expect.stringMatching(/has a certificate from an unknown authority \(.+\)/),
    remedy: expect.stringContaining("DOCKER_CERT_PATH"),
  });
  expect(await inspect(`${host}?certPath=${certPath}&tlsVerify=0`)).toMatchObject({
    state: NodeState.RUNNING,
  });
});

it("the reason says why the Engine refuses the client's certificate", async () => {
  const { host, tls } = lab().engine29.tcp;
  const without = await folderWith({ "ca.pem": tls.ca });
  const other = await makeTestTls(join(await tempDir(), "tls"));
  const foreign = await folderWith({ "ca.pem": tls.ca, "cert.pem": other.cert, "key.pem": other.key });
  expect(await inspect(`${host}?certPath=${without}`)).toMatchObject({
    reason: "ENGINE_TLS_CLIENT_REFUSED",
    message: expect.stringContaining("(certificate required)"),
  });
  expect(await inspect(`${host}?certPath=${foreign}`)).toMatchObject({
    reason: "ENGINE_TLS_CLIENT_REFUSED",
    message: expect.stringMatching(/\((unknown certificate authority|unknown ca|bad certificate)\)/),
  });
});

it("plain text to a TLS port and TLS to a plain port have different reasons", async () => {
  const { host, tls } = lab().engine29.tcp;
  expect(await inspect(host)).toMatchObject({
    reason: "ENGINE_TLS_REQUIRED",
    remedy: expect.stringContaining("DOCKER_TLS_VERIFY"),
  });
  // The lab's registry speaks plain HTTP.
  expect(await inspect(`tcp://${lab().registry.host}?certPath=${tls.certPath}`)).toMatchObject({
    reason: "ENGINE_TLS_NOT_SPOKEN",
  });
});

it.each([
  ["has expired", "IP:127.0.0.1", -1, "ENGINE_TLS_EXPIRED", /has a certificate that has expired/],
  [
    "is for another name",
    "DNS:elsewhere",
    1,
    "ENGINE_TLS_NAME_MISMATCH",
    /for other names \(.*127\.0\.0\.1 is not in/,
  ],
])("a certificate that %s is refused", async (_what, names, days, reason, message) => {
  const folder = await tempDir();
  const tls = await makeTestTls(join(folder, "tls"));
  const host = await tlsProxy(lab().engine29.socket, await sign(tls, folder, names, days), tls.serverKey);
  const status = await inspect(`tcp://${host}?certPath=${tls.certPath}`);
  expect(status).toMatchObject({ reason, message: expect.stringMatching(message) });
  expect(await inspect(`tcp://${host}?certPath=${tls.certPath}&tlsVerify=0`)).toMatchObject({
    state: NodeState.RUNNING,
  });
});

it("invalid TLS files are reported before anything is sent", async () => {
  const folder = await tempDir();
  const { host, tls } = lab().engine29.tcp;
  await writeFile(join(folder, "cert.pem"), "not a certificate");
  await writeFile(join(folder, "key.pem"), await readFile(tls.key));
  await writeFile(join(folder, "ca.pem"), await readFile(tls.ca));
  expect(await inspect(`${host}?certPath=${folder}`)).toMatchObject({
    reason: "ENGINE_TLS_FILES_INVALID",
  });
});
