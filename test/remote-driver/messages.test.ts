import { once } from "node:events";
import { createServer } from "node:net";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { NodeState } from "../../src/driver/index.js";
import { slipwayOf } from "../cli/slipway.js";
import { contextOf, fromPath } from "../host/build.js";
import { startHost } from "../host/host.js";
import { freePort, lab, makeTestTls, pauseProcess, type TestTls, tempDir } from "../lab/index.js";
import { daemon, failure, type Options } from "./harness.js";
import { sign, tlsProxy } from "./tls-proxy.js";

/** A daemon that cannot be used, and the expected error. */
interface Fault {
  endpoint: string;
  options?: Options;
  reason: string;
  message: RegExp;
  remedy: RegExp;
}

/** A port that accepts connections and never answers, until the test ends. */
async function silentPort(onConnection = () => {}): Promise<string> {
  const server = createServer((client) => {
    onConnection();
    client.on("error", () => {}).resume();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  const address = server.address();
  if (!address || typeof address === "string") throw new Error("no port");
  return `127.0.0.1:${address.port}`;
}

/** Starts a TLS proxy with a certificate that has these names and expires then. */
async function proxyWith(tls: TestTls, names: string, until: string): Promise<string> {
  const cert = await sign(tls, { names, from: "20200101000000Z", until });
  return tlsProxy({ cert, key: tls.serverKey, alpn: ["h2"] });
}

async function faults(): Promise<Record<string, Fault>> {
  const tls = await makeTestTls(join(await tempDir(), "tls"));
  const trusted = { cacert: tls.ca };
  const { serverCert: cert, serverKey: key } = tls;
  const secure = await daemon("tls");
  const hung = await daemon("tcp");
  await pauseProcess(hung.pid);
  onTestFinished(() => void process.kill(hung.pid, "SIGCONT"));
  return {
    refused: {
      endpoint: `tcp://127.0.0.1:${await freePort()}`,
      reason: "BUILDKIT_REFUSED",
      message: /refuses connections: nothing listens there/,
      remedy: /Start buildkitd/,
    },
    untrusted: {
      endpoint: secure.address,
      options: trusted,
      reason: "BUILDKIT_TLS_UNTRUSTED",
      message: /unknown authority.*by "slipway lab CA"/,
      remedy: /driver option cacert/,
    },
    expired: {
      endpoint: `tcp://${await proxyWith(tls, "IP:127.0.0.1", "20210101000000Z")}`,
      options: trusted,
      reason: "BUILDKIT_TLS_EXPIRED",
      message: /has expired.* to Jan {2}1 00:00:00 2021/,
      remedy: /Renew the certificate/,
    },
    misnamed: {
      endpoint: `tcp://${await proxyWith(tls, "DNS:a.test", "20510101000000Z")}`,
      options: trusted,
      reason: "BUILDKIT_TLS_NAME_MISMATCH",
      message: /certificate for other names.*DNS:a\.test/,
      remedy: /driver option servername/,
    },
    "no-alpn": {
      endpoint: `tcp://${await tlsProxy({ cert, key, alpn: ["http/1.1"] })}`,
      options: trusted,
      reason: "BUILDKIT_TLS_NO_HTTP2",
      message: /does not offer HTTP\/2 .*ALPN/,
      remedy: /proxy/,
    },
    plain: {
      endpoint: secure.address,
      reason: "BUILDKIT_TLS_REQUIRED",
      message: /speaks only TLS/,
      remedy: /https:\/\//,
    },
    "no-tls": {
      endpoint: `https://${lab().registry.host}`,
      reason: "BUILDKIT_TLS_NOT_SPOKEN",
      message: /does not speak TLS/,
      remedy: /without TLS options/,
    },
    anonymous: {
      endpoint: secure.address,
      options: { cacert: secure.tls!.ca },
      reason: "BUILDKIT_TLS_CLIENT_REQUIRED",
      message: /requires a client certificate/,
      remedy: /driver options cert and key/,
    },
    hung: {
      endpoint: hung.address,
      reason: "BUILDKIT_TIMEOUT",
      message: /does not answer in time/,
      remedy: /not stuck/,
    },
    silent: {
      endpoint: `https://${await silentPort()}`,
      reason: "BUILDKIT_TIMEOUT",
      message: /does not answer in time/,
      remedy: /not stuck/,
    },
    missing: {
      endpoint: "nerdctl-container://far",
      reason: "BUILDKIT_COMMAND_MISSING",
      message: /the program nerdctl is not in the PATH/,
      remedy: /Install nerdctl/,
    },
  };
}

it("the API, ls, inspect and build report why a connection fails", async () => {
  const host = await startHost();
  const all = await faults();
  const slipway = slipwayOf(host);
  for (const [name, { endpoint, options = {} }] of Object.entries(all))
    await host.builders.createBuilder({ name, driver: "remote", node: { endpoint, options } });

  const folder = await contextOf({ Dockerfile: "FROM scratch\n" });
  await Promise.all(
    Object.entries(all).map(async ([name, { reason }]) => {
      const { builder } = await host.builders.getBuilder({ name, inspect: true });
      const status = { state: NodeState.UNREACHABLE, reason };
      expect(builder!.nodes[0], name).toMatchObject({ status });
      const spec = { builder: name, context: fromPath(folder) };
      expect(await failure(host.builds.startBuild({ spec })), name).toMatchObject({ reason });
    }),
  );

  const listed = await slipway(["ls"]);
  expect(listed.code).toBe(0);
  for (const [name, { message, remedy }] of Object.entries(all)) {
    const line = listed.stderr.split("\n").find((text) => text.includes(`status for ${name} (`));
    expect(line).toMatch(message);
    expect(line).toMatch(remedy);
  }
  const { message, remedy } = all.expired!;
  const inspected = await slipway(["inspect", "expired"]);
  expect(inspected.stdout).toMatch(/Status: +unreachable/);
  expect(inspected.stdout).toMatch(message);
  const built = await slipway(["build", "--builder", "expired", folder]);
  expect(built).toMatchObject({ code: 1, stderr: expect.stringMatching(message) });
  expect(built.stderr).toMatch(remedy);
});

it("a build waits once for a BuildKit that does not answer", async () => {
  const host = await startHost();
  let connections = 0;
  const endpoint = `tcp://${await silentPort(() => connections++)}`;
  await host.builders.createBuilder({ name: "mute", driver: "remote", node: { endpoint } });
  const spec = { builder: "mute", context: fromPath(await contextOf({ Dockerfile: "FROM scratch\n" })) };
  expect(await failure(host.builds.startBuild({ spec }))).toMatchObject({ reason: "BUILDKIT_TIMEOUT" });
  expect(connections).toBe(1);
});
