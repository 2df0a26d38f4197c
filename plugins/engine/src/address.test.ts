import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { readTypedError } from "slipway/driver";
import { expect, it } from "vitest";
import { readAddress } from "./address.js";
import { dockerHome } from "./docker-home.test-helper.js";
import { parseEndpoint } from "./endpoint.js";

const read = (endpoint: string) => readAddress(parseEndpoint(endpoint));
const failure = (endpoint: string) => read(endpoint).then(() => undefined, readTypedError);

it("reads a context with its TLS files", async () => {
  const tls = { "ca.pem": "CA", "cert.pem": "CERT", "key.pem": "KEY" };
  const home = await dockerHome({ work: { host: "tcp://h:2376", tls } });
  const address = await read(`work?config=${home}`);
  expect(address.endpoint).toBe(`work?config=${home}`);
  expect(address.target).toEqual({ kind: "tcp", host: "h", port: 2376 });
  expect(address.tls).toEqual({
    ca: Buffer.from("CA"),
    cert: Buffer.from("CERT"),
    key: Buffer.from("KEY"),
    verify: true,
  });
});

it("uses TLS for a context without TLS files only when it skips verification", async () => {
  const home = await dockerHome({
    plain: { host: "tcp://h:2375" },
    unchecked: { host: "tcp://h:2376", skipTlsVerify: true },
    local: { host: "unix:///a.sock", skipTlsVerify: true },
  });
  expect((await read(`plain?config=${home}`)).tls).toBeUndefined();
  expect((await read(`unchecked?config=${home}`)).tls).toMatchObject({ verify: false });
  expect((await read(`local?config=${home}`)).tls).toBeUndefined();
});

it("names the missing file", async () => {
  const folder = await dockerHome();
  expect(await failure(`tcp://h:1?certPath=${folder}`)).toMatchObject({
    reason: "TLS_FILES_UNREADABLE",
    message: expect.stringContaining(join(folder, "ca.pem")),
  });
  await writeFile(join(folder, "ca.pem"), "CA");
  expect((await read(`tcp://h:1?certPath=${folder}`)).tls).toMatchObject({ cert: undefined, verify: true });
  await writeFile(join(folder, "cert.pem"), "CERT");
  expect((await failure(`tcp://h:1?certPath=${folder}`))?.message).toContain("cert.pem without key.pem");
});

it("reports that a context does not exist", async () => {
  const home = await dockerHome();
  expect(await failure(`gone?config=${home}`)).toMatchObject({
    reason: "CONTEXT_NOT_FOUND",
    message: `There is no Docker context "gone" in ${home}.`,
    remedy: expect.stringContaining("docker context ls"),
  });
});
