import { once } from "node:events";
import { createServer } from "node:net";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { NodeState } from "../../src/driver/index.js";
import { slipwayOf } from "../cli/slipway.js";
import { contextOf, fromPath } from "../host/build.js";
import { startHost } from "../host/host.js";
import { freePort, lab, makeTestTls, type TestTls, tempDir } from "../lab/index.js";
import { daemon, failure, type Options } from "./harness.js";
import { sign, tlsFront } from "./tls-front.js";

/** A daemon that cannot be used, and what users are told. */
interface Fault {
  endpoint: string;
  options?: Options;
  reason: string;
  words: RegExp;
  hint: RegExp;
}

/** A port that accepts and is silent for ever, until the test is over. */
async function silentPort(): Promise<string> {
  const server = createServer((client) => void client.on("error", () => {}).resume());
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  const address = server.address();
  if (!address || typeof address === "string") throw new Error("no port");
  return `127.0.0.1:${address.port}`;
}

/** A TLS port before the lab's daemon with a certificate like this. */
async function certified(tls: TestTls, names: string, until: string): Promise<string> {
  const cert = await sign(tls, { names, from: "20200101000000Z", until });
  return tlsFront({ cert, key: tls.serverKey, alpn: ["h2"] });
}

async function faults(): Promise<Record<string, Fault>> {
  const tls = await makeTestTls(join(await tempDir(), "tls"));
  const trusted = { cacert: tls.ca };
  const { serverCert: cert, serverKey: key } = tls;
  const secure = await daemon("tls");
  const hung = await daemon("tcp");
  process.kill(hung.pid, "SIGSTOP");
  onTestFinished(() => void process.kill(hung.pid, "SIGCONT"));
  return {
    refused: {
      endpoint: `tcp://127.0.0.1:${await freePort()}`,
      reason: "BUILDKIT_REFUSED",
      words: /refuses connections: nothing listens there/,
      hint: /Start buildkitd/,
    },
    stranger: {
      endpoint: secure.address,
      options: trusted,
      reason: "BUILDKIT_TLS_UNTRUSTED",
      words: /unknown authority.*by "slipway lab CA"/,
      hint: /driver option cacert/,
    },
    expired: {
      endpoint: `tcp://${await certified(tls, "IP:127.0.0.1", "20210101000000Z")}`,
      options: trusted,
      reason: "BUILDKIT_TLS_EXPIRED",
      words: /has expired.* to Jan {2}1 00:00:00 2021/,
      hint: /Renew the certificate/,
    },
    misnamed: {
      endpoint: `tcp://${await certified(tls, "DNS:a.test", "20510101000000Z")}`,
      options: trusted,
      reason: "BUILDKIT_TLS_NAME_MISMATCH",
      words: /certificate for other names.*DNS:a\.test/,
      hint: /driver option servername/,
    },
    "no-alpn": {
      endpoint: `tcp://${await tlsFront({ cert, key, alpn: ["http/1.1"] })}`,
      options: trusted,
      reason: "BUILDKIT_TLS_NO_HTTP2",
      words: /does not offer HTTP\/2 .*ALPN/,
      hint: /proxy/,
    },
    plain: {
      endpoint: secure.address,
      reason: "BUILDKIT_TLS_REQUIRED",
      words: /speaks only TLS/,
      hint: /https:\/\//,
    },
    "no-tls": {
      endpoint: `https://${lab().registry.host}`,
      reason: "BUILDKIT_TLS_NOT_SPOKEN",
      words: /does not speak TLS/,
      hint: /without TLS options/,
    },
    nobody: {
      endpoint: secure.address,
      options: { cacert: secure.tls!.ca },
      reason: "BUILDKIT_TLS_CLIENT_REQUIRED",
      words: /asks for a client certificate/,
      hint: /driver options cert and key/,
    },
    hung: {
      endpoint: hung.address,
      reason: "BUILDKIT_TIMEOUT",
      words: /does not answer in time/,
      hint: /not stuck/,
    },
    silent: {
      endpoint: `https://${await silentPort()}`,
      reason: "BUILDKIT_TIMEOUT",
      words: /does not answer in time/,
      hint: /not stuck/,
    },
    missing: {
      endpoint: "nerdctl-container://far",
      reason: "BUILDKIT_COMMAND_MISSING",
      words: /the program nerdctl is not in the PATH/,
      hint: /Install nerdctl/,
    },
  };
}

it("every connection that fails says why: in the API, in ls, in inspect and in build", async () => {
  const host = await startHost();
  const all = await faults();
  const slipway = slipwayOf(host);
  for (const [name, { endpoint, options = {} }] of Object.entries(all))
    await host.builders.createBuilder({ name, driver: "remote", node: { endpoint, options } });

  const folder = await contextOf({ Dockerfile: "FROM scratch\n" });
  await Promise.all(
    Object.entries(all).map(async ([name, { reason }]) => {
      const { builder } = await host.builders.getBuilder({ name, inspect: true });
      const status = { state: NodeState.UNREACHABLE, reasonCode: reason };
      expect(builder!.nodes[0], name).toMatchObject({ status });
      const spec = { builder: name, context: fromPath(folder) };
      expect(await failure(host.builds.startBuild({ spec })), name).toMatchObject({ reason });
    }),
  );

  const listed = await slipway(["ls"]);
  expect(listed.code).toBe(0);
  for (const [name, { words, hint }] of Object.entries(all)) {
    const line = listed.stderr.split("\n").find((text) => text.includes(`status for ${name} (`));
    expect(line).toMatch(words);
    expect(line).toMatch(hint);
  }
  const { words, hint } = all.expired!;
  const inspected = await slipway(["inspect", "expired"]);
  expect(inspected.stdout).toMatch(/Status: +unreachable/);
  expect(inspected.stdout).toMatch(words);
  const built = await slipway(["build", "--builder", "expired", folder]);
  expect(built).toMatchObject({ code: 1, stderr: expect.stringMatching(words) });
  expect(built.stderr).toMatch(hint);
});
