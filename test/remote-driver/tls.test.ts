import { copyFile, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it, vi } from "vitest";
import { NodeState } from "../../src/driver/index.js";
import { lab, makeTestTls, type TestTls, tempDir } from "../lab/index.js";
import { daemon, inspect, type Options } from "./harness.js";
import { sign, tlsProxy } from "./tls-proxy.js";

const running = { state: NodeState.RUNNING };
const filesOf = ({ ca, cert, key }: TestTls): Options => ({ cacert: ca, cert, key });
const newTls = async () => makeTestTls(join(await tempDir(), "tls"));

it("mutual TLS works with paths, with content in options, and with a server name", async () => {
  const { address, tls } = await daemon("tls");
  expect(await inspect(address, filesOf(tls!))).toMatchObject(running);
  const texts: Options = {};
  for (const [name, path] of Object.entries(filesOf(tls!)))
    texts[`${name}.pem`] = await readFile(path, "utf8");
  expect(await inspect(address, { ...texts, servername: "localhost" })).toMatchObject(running);
  const named = address.replace("tcp://127.0.0.1", "https://localhost");
  expect(await inspect(named, filesOf(tls!))).toMatchObject(running);
});

it("files are read for each connection, so that renewed files take effect", async () => {
  const { address, tls } = await daemon("tls");
  const cacert = join(await tempDir(), "ca.pem");
  await copyFile((await newTls()).ca, cacert);
  const options = { ...filesOf(tls!), cacert };
  expect(await inspect(address, options)).toMatchObject({ reason: "BUILDKIT_TLS_UNTRUSTED" });
  await copyFile(tls!.ca, cacert);
  expect(await inspect(address, options)).toMatchObject(running);
});

it("a missing and a refused client certificate have different reasons", async () => {
  const { address, tls } = await daemon("tls");
  expect(await inspect(address, { cacert: tls!.ca })).toMatchObject({
    reason: "BUILDKIT_TLS_CLIENT_REQUIRED",
    remedy: expect.stringContaining("driver options cert and key"),
  });
  const { cert, key } = await newTls();
  expect(await inspect(address, { cacert: tls!.ca, cert, key })).toMatchObject({
    reason: "BUILDKIT_TLS_CLIENT_REFUSED",
  });
});

it("an unknown authority is reported by name", async () => {
  const { address, tls } = await daemon("tls");
  const { ca } = await newTls();
  expect(await inspect(address, { ...filesOf(tls!), cacert: ca })).toMatchObject({
    reason: "BUILDKIT_TLS_UNTRUSTED",
    message: expect.stringMatching(/DNS:localhost.*by "slipway lab CA"/),
    remedy: expect.stringContaining("cacert"),
  });
});

it("the default authorities are the machine's", async () => {
  const tls = await newTls();
  const endpoint = `https://${await tlsProxy({ cert: tls.serverCert, key: tls.serverKey, alpn: ["h2"] })}`;
  expect(await inspect(endpoint)).toMatchObject({ reason: "BUILDKIT_TLS_UNTRUSTED" });
  vi.stubEnv("SSL_CERT_FILE", tls.ca);
  try {
    expect(await inspect(endpoint)).toMatchObject(running);
  } finally {
    vi.unstubAllEnvs();
  }
});

it("plain text to a TLS port and TLS to a plain port have different reasons", async () => {
  const secure = await daemon("tls");
  expect(await inspect(secure.address)).toMatchObject({ reason: "BUILDKIT_TLS_REQUIRED" });
  const plain = await daemon("tcp");
  expect(await inspect(plain.address, { cacert: secure.tls!.ca })).toMatchObject({
    reason: "BUILDKIT_TLS_NOT_SPOKEN",
  });
  expect(await inspect(`https://${lab().registry.host}`)).toMatchObject({
    reason: "BUILDKIT_TLS_NOT_SPOKEN",
  });
});

it.each([
  ["has expired", "IP:127.0.0.1", "20200101000000Z", "20210101000000Z", "BUILDKIT_TLS_EXPIRED", /2021/],
  [
    "is not valid yet",
    "IP:127.0.0.1",
    "20500101000000Z",
    "20510101000000Z",
    "BUILDKIT_TLS_NOT_YET_VALID",
    /2050/,
  ],
  [
    "is for other names",
    "DNS:a.test",
    "20200101000000Z",
    "20510101000000Z",
    "BUILDKIT_TLS_NAME_MISMATCH",
    /DNS:a.test/,
  ],
])("a certificate that %s is refused", async (_what, names, from, until, reason, message) => {
  const tls = await newTls();
  const cert = await sign(tls, { names, from, until });
  const proxy = await tlsProxy({ cert, key: tls.serverKey, alpn: ["h2"] });
  const status = await inspect(`tcp://${proxy}`, { cacert: tls.ca });
  expect(status).toMatchObject({ reason, message: expect.stringMatching(message) });
  if (names === "DNS:a.test")
    expect(await inspect(`tcp://${proxy}`, { cacert: tls.ca, servername: "a.test" })).toMatchObject(running);
});

it("TLS without ALPN works; TLS for HTTP/1.1 only is refused", async () => {
  const { ca, serverCert: cert, serverKey: key } = await newTls();
  expect(await inspect(`tcp://${await tlsProxy({ cert, key })}`, { cacert: ca })).toMatchObject(running);
  const old = await tlsProxy({ cert, key, alpn: ["http/1.1"] });
  expect(await inspect(`tcp://${old}`, { cacert: ca })).toMatchObject({
    reason: "BUILDKIT_TLS_NO_HTTP2",
    message: expect.stringContaining("ALPN"),
  });
});

it("an invalid file is reported with its option", async () => {
  const { ca, cert, key } = await newTls();
  const other = await newTls();
  const broken = join(await tempDir(), "broken.pem");
  await writeFile(broken, "not a certificate");
  const report = async (options: Options) => {
    const { reason, message } = await inspect("tcp://127.0.0.1:1", options);
    return `${reason}: ${message}`;
  };
  expect(await report({ cacert: "/missing.pem" })).toMatch(
    /^TLS_FILES_UNREADABLE: The file \/missing.pem of the driver option cacert/,
  );
  expect(await report({ cacert: broken })).toMatch(/^TLS_FILES_INVALID: .*option cacert/);
  expect(await report({ cacert: ca, cert: broken, key })).toMatch(/^TLS_FILES_INVALID: .*option cert /);
  expect(await report({ cacert: ca, cert, key: broken })).toMatch(/^TLS_FILES_INVALID: .*option key /);
  expect(await report({ cacert: ca, cert, key: other.key })).toMatch(
    /option key .*does not belong to the certificate/,
  );
});
