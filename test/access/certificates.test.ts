import { cp, readFile, rename, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { connect as connectTls, type TLSSocket } from "node:tls";
import { Code, createClient } from "@connectrpc/connect";
import { beforeEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { connectHost } from "../../src/client/connect.js";
import { readTypedError } from "../../src/errors/typed-error.js";
import { Health } from "../../src/gen/grpc/health/v1/health_pb.js";
import { HostService } from "../../src/gen/slipway/v1/host_pb.js";
import { type AccessFile, hashToken, newToken, writeAccessFile } from "../../src/host/access/access-file.js";
import { startHost, type TestHost } from "../host/host.js";
import { freePort, must, tempDir } from "../lab/index.js";
import { makeTestTls, type TestTls } from "../lab/tls.js";

/** Longer than a host needs to notice a changed file. */
const patience = { timeout: 60_000, interval: 100 };

let first: TestTls;
let other: TestTls;
let folder: string;
let address: string;

beforeEach(async () => {
  folder = await tempDir();
  first = await makeTestTls(join(folder, "first"));
  other = await makeTestTls(join(folder, "other"));
  address = `127.0.0.1:${await freePort()}`;
});

/** A host whose TLS files are in `folder/tls`. */
async function startTlsHost(access?: AccessFile): Promise<TestHost> {
  const file = (name: string) => join(folder, "tls", name);
  const args = ["--tcp", address, "--tls-cert", file("server-cert.pem"), "--tls-key", file("server-key.pem")];
  const accessFile = join(folder, "access.toml");
  if (access) await writeAccessFile(accessFile, access);
  return startHost({
    args: [...args, "--tls-client-ca", file("ca.pem"), ...(access ? ["--token-file", accessFile] : [])],
  });
}

/** The clients of a host, with the certificate of one authority, trusting a server of another or the same one. */
async function connect(client: TestTls, server = client, tokenFile?: string) {
  const { transport, close } = await connectHost({
    kind: "tcp",
    url: `https://${address}`,
    tokenFile,
    tls: { caFile: server.ca, certFile: client.cert, keyFile: client.key },
  });
  onTestFinished(close);
  return { host: createClient(HostService, transport), health: createClient(Health, transport) };
}

/** The reason of a refused call, or undefined. */
async function refusal(client: Parameters<typeof connect>): Promise<string | undefined> {
  return connect(...client)
    .then(({ host }) => host.negotiate({}))
    .then(
      () => undefined,
      (error) => readTypedError(error).reason,
    );
}

describe("a host with a CA of client certificates", () => {
  beforeEach(async () => {
    await cp(first.certPath, join(folder, "tls"), { recursive: true });
  });

  it("refuses the connection of a client whose certificate is of another authority", async () => {
    await startTlsHost();
    expect(await refusal([first])).toBeUndefined();
    expect(await refusal([other, first])).toMatch(/^HOST_/);
  });

  it("ends the open streams and the connection of a certificate that expires", async () => {
    await startTlsHost();
    const expires = new Date(Math.ceil(Date.now() / 1000) * 1000 + 15_000);
    const client = { ...first, ...(await shortLived(first, expires)) };
    const { host, health } = await connect(client, first);
    await host.negotiate({});
    const stream = health.watch({})[Symbol.asyncIterator]();
    expect((await stream.next()).done).toBe(false);
    const expired = { code: Code.Unauthenticated, reason: "CERTIFICATE_EXPIRED" };
    expect(await stream.next().then(() => undefined, readTypedError)).toMatchObject(expired);
    expect(Date.now()).toBeGreaterThanOrEqual(expires.getTime());
    expect(await host.negotiate({}).then(() => undefined, readTypedError)).toMatchObject(expired);
    // The host has closed that connection; TLS lets no new one in.
    await vi.waitFor(async () => expect(await refusal([client, first])).toMatch(/^HOST_/), patience);
  });

  it("refuses every call of a certificate without a role", async () => {
    const listed = { subject: "somebody else", role: "builder" as const, groups: [] };
    await startTlsHost({ tokens: [], certificates: [listed] });
    const { host, health } = await connect(first);
    const missing = { code: Code.PermissionDenied, reason: "ROLE_MISSING" };
    expect(await host.negotiate({}).catch(readTypedError)).toMatchObject(missing);
    expect(await health.check({}).catch(readTypedError)).toMatchObject(missing);
  });

  it("refuses an expired token, and ends the open streams of a token that is revoked", async () => {
    const tokens = { expired: newToken(), current: newToken() };
    const entry = (name: keyof typeof tokens, expires?: Date) => ({
      name,
      hash: hashToken(tokens[name]),
      role: "viewer" as const,
      groups: [],
      expires,
    });
    await startTlsHost({ tokens: [entry("expired", new Date(1e12)), entry("current")], certificates: [] });
    const using = async (name: keyof typeof tokens) => {
      await writeFile(join(folder, name), tokens[name], { mode: 0o600 });
      return connect(first, first, join(folder, name));
    };
    const expired = await using("expired");
    expect(await expired.host.negotiate({}).catch(readTypedError)).toMatchObject({
      code: Code.Unauthenticated,
      reason: "TOKEN_EXPIRED",
    });
    const current = await using("current");
    const stream = current.health.watch({})[Symbol.asyncIterator]();
    expect((await stream.next()).done).toBe(false);
    await writeAccessFile(join(folder, "access.toml"), { tokens: [entry("expired")], certificates: [] });
    const call = () => current.host.negotiate({}).then(() => "", readTypedError);
    await vi.waitFor(async () => expect(await call()).toMatchObject({ reason: "TOKEN_WRONG" }), patience);
    const next = stream.next().then(() => undefined, readTypedError);
    expect(await next).toMatchObject({ code: Code.Unauthenticated, reason: "TOKEN_WRONG" });
  });
});

describe("TLS files that change", () => {
  /** Replaces a file as editors and certbot do. */
  const replace = async (name: string, source: string) => {
    await cp(source, join(folder, "tls", `${name}.new`));
    await rename(join(folder, "tls", `${name}.new`), join(folder, "tls", name));
  };

  it("a new certificate, then its key, are used by new connections, and open ones stay", async () => {
    await cp(first.certPath, join(folder, "tls"), { recursive: true });
    const host = await startTlsHost();
    const before = await connect(first);
    const stream = before.health.watch({})[Symbol.asyncIterator]();
    expect((await stream.next()).done).toBe(false);
    await replace("server-cert.pem", other.serverCert);
    // A pair that does not match.
    await vi.waitFor(() => expect(host.log()).toContain("TLS files cannot be used yet"), patience);
    expect(await refusal([first])).toBeUndefined();
    await replace("server-key.pem", other.serverKey);
    await vi.waitFor(async () => expect(await refusal([first, other])).toBeUndefined(), patience);
    expect(await refusal([first])).toBe("HOST_CERTIFICATE_REFUSED");
    await before.host.negotiate({});
    expect(host.log()).toContain("Read the TLS files again");
    expect(host.log()).not.toContain("TLS files cannot be used;");
  });

  it("a CA that is added changes nothing for open connections", async () => {
    await cp(first.certPath, join(folder, "tls"), { recursive: true });
    const host = await startTlsHost();
    const before = await connect(first);
    const stream = before.health.watch({})[Symbol.asyncIterator]();
    expect((await stream.next()).done).toBe(false);
    await writeFile(
      join(folder, "both.pem"),
      (await readFile(other.ca, "utf8")) + (await readFile(first.ca, "utf8")),
    );
    await replace("ca.pem", join(folder, "both.pem"));
    await vi.waitFor(() => expect(host.log()).toContain("Read the TLS files again"), patience);
    await before.host.negotiate({});
    expect(await refusal([other, first])).toBeUndefined();
    const ended = stream.next().then(() => "ended", readTypedError);
    expect(await Promise.race([ended, before.host.negotiate({}).then(() => "open")])).toBe("open");
  });

  it("broken files change nothing, and the log says once what is wrong", async () => {
    await cp(first.certPath, join(folder, "tls"), { recursive: true });
    const host = await startTlsHost();
    const errors = () =>
      host
        .log()
        .split("\n")
        .filter((line) => line.includes("TLS files cannot be used;"));
    await writeFile(join(folder, "tls", "ca.pem"), "-----BEGIN CERTIFICATE-----\nMIIB");
    await vi.waitFor(() => expect(errors()).toHaveLength(1), patience);
    expect(errors()[0]).toContain("ca.pem cannot be used: it has a certificate that is incomplete");
    expect(await refusal([first])).toBeUndefined();
    expect(await refusal([other, first])).toMatch(/^HOST_/);
    await replace("ca.pem", first.ca);
    await replace("server-key.pem", other.serverKey);
    await vi.waitFor(() => expect(errors()).toHaveLength(2), patience);
    expect(errors()[1]).toContain("it is not the key of the certificate");
    expect(await refusal([first])).toBeUndefined();
  });

  it("a new CA in a swapped folder decides on new connections, also on those that resume a session, and on open ones", async () => {
    // As in the secrets of Kubernetes, where each file is a link through ..data.
    await symlink("first", join(folder, "tls"));
    await startTlsHost();
    const before = await connect(first);
    await before.host.negotiate({});
    const stream = before.health.watch({})[Symbol.asyncIterator]();
    expect((await stream.next()).done).toBe(false);
    const [ca, cert, key] = await Promise.all(
      [first.ca, first.cert, first.key].map((file) => readFile(file)),
    );
    const [host = "", port] = address.split(":");
    const open = (session?: Buffer) =>
      connectTls({ host, port: Number(port), ca, cert, key, session, maxVersion: "TLSv1.2" });
    const session = await sessionOf(open());
    expect(await isRefused(open(session))).toBe(false);

    const { serverCert, serverKey } = first;
    await cp(serverCert, other.serverCert);
    await cp(serverKey, other.serverKey);
    await symlink("other", join(folder, "tls.new"));
    await rename(join(folder, "tls.new"), join(folder, "tls"));
    await vi.waitFor(async () => expect(await refusal([other, first])).toBeUndefined(), patience);
    expect(await refusal([first])).toMatch(/^HOST_/);
    expect(await isRefused(open(session))).toBe(true);
    const untrusted = { code: Code.Unauthenticated, reason: "CERTIFICATE_UNTRUSTED" };
    expect(await stream.next().then(() => undefined, readTypedError)).toMatchObject(untrusted);
    expect(await before.host.negotiate({}).then(() => undefined, readTypedError)).toMatchObject(untrusted);
    // The host has closed that connection, and accepts no new one.
    const reason = () =>
      before.host.negotiate({}).then(
        () => undefined,
        (error) => readTypedError(error).reason,
      );
    await vi.waitFor(async () => expect(await reason()).toMatch(/^HOST_/), patience);
  });
});

/** A client certificate of an authority that expires at a time. */
async function shortLived({ certPath, ca }: TestTls, expires: Date): Promise<Pick<TestTls, "cert" | "key">> {
  const at = (name: string) => join(folder, name);
  const [key, cert, request] = [at("short-key.pem"), at("short.pem"), at("short.csr")];
  await must("openssl", [
    ...["req", "-new", "-nodes", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"],
    ...["-subj", "/CN=short", "-keyout", key, "-out", request],
  ]);
  const settings = ["[ca]", "default_ca=own", "[own]", `database=${at("index")}`, `new_certs_dir=${folder}`];
  const signing = ["rand_serial=yes", "default_md=sha256", "policy=any", "[any]", "commonName=supplied"];
  await writeFile(at("index"), "");
  await writeFile(at("ca.conf"), [...settings, ...signing].join("\n"));
  // YYYYMMDDHHMMSSZ.
  const end = expires.toISOString().replace(/\.\d+|[-:T]/g, "");
  const authority = ["-cert", ca, "-keyfile", join(certPath, "ca-key.pem")];
  await must("openssl", [
    ...["ca", "-batch", "-notext", "-config", at("ca.conf"), ...authority],
    ...["-enddate", end, "-in", request, "-out", cert],
  ]);
  return { key, cert };
}

function sessionOf(socket: TLSSocket): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    socket.once("error", reject);
    socket.once("session", (session) => {
      socket.destroy();
      resolve(session);
    });
  });
}

function isRefused(socket: TLSSocket): Promise<boolean> {
  return new Promise((resolve) => {
    const settle = (refused: boolean) => {
      socket.destroy();
      resolve(refused);
    };
    socket.once("error", () => settle(true));
    socket.once("secureConnect", () => settle(false));
  });
}
