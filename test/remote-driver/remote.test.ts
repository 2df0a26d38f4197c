import { join } from "node:path";
import { expect, it } from "vitest";
import { readTypedError } from "../../src/errors/typed-error.js";
import { contextOf, fromPath, mustBuild, watchToEnd } from "../host/build.js";
import { startHost, type TestHost } from "../host/host.js";
import { lab, makeTestTls, tempDir } from "../lab/index.js";
import { daemon, type Options } from "./harness.js";

const create = (host: TestHost, name: string, endpoint: string, options: Options = {}) =>
  host.builders.createBuilder({ name, driver: "remote", node: { endpoint, options } });

const hello = async () =>
  fromPath(await contextOf({ Dockerfile: `FROM ${lab().registry.baseImage}\nRUN echo hello\n` }));

it.each(["unix", "tcp"] as const)("builds on a daemon that listens on %s", async (listen) => {
  const host = await startHost();
  const { address } = await daemon(listen);
  await create(host, "remote0", address);
  const run = await mustBuild(host, { builder: "remote0", context: await hello() });
  expect(run.output).toContain("hello");
  expect(run.finished.result?.cacheOnly).toBe(true);
});

it("builds over mutual TLS, and reports what is wrong with certificates", async () => {
  const host = await startHost();
  const { address, tls } = await daemon("tls");
  const { ca, cert, key } = tls!;
  await create(host, "remote0", address, { cacert: ca, cert, key });
  await mustBuild(host, { builder: "remote0", context: await hello() });

  const reasonOf = async (name: string, options: Options) => {
    await create(host, name, address, options);
    const spec = { builder: name, context: await hello() };
    const answer = await host.builds.startBuild({ spec }).catch((cause) => readTypedError(cause).reason);
    if (typeof answer === "string") return answer;
    return (await watchToEnd(host, answer.build!.id)).finished.error?.reason;
  };
  const other = await makeTestTls(join(await tempDir(), "tls"));
  expect(await reasonOf("stranger", { cacert: other.ca, cert, key })).toBe("BUILDKIT_TLS_UNTRUSTED");
  expect(await reasonOf("misnamed", { cacert: ca, cert, key, servername: "elsewhere.test" })).toBe(
    "BUILDKIT_TLS_NAME_MISMATCH",
  );
  expect(await reasonOf("nobody", { cacert: ca })).toBe("BUILDKIT_TLS_CLIENT_REQUIRED");
  expect(await reasonOf("plain", {})).toMatch(/^BUILDKIT_TLS_/);
});

it("refuses invalid settings before anything is stored", async () => {
  const host = await startHost();
  const messageOf = (endpoint: string, options: Options = {}) =>
    create(host, "remote0", endpoint, options).then(
      () => "accepted",
      (cause) => readTypedError(cause).message,
    );
  expect(await messageOf("ftp://h")).toContain("unrecognized url scheme");
  expect(await messageOf("tcp://h:1", { cacert: "ca.pem" })).toContain("Non-absolute path");
  expect(await messageOf("tcp://h:1", { nope: "1" })).toContain("nope");
  expect((await host.builders.listBuilders({})).builders.filter(({ implicit }) => !implicit)).toEqual([]);
});
