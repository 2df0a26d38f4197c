import { randomBytes } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Code } from "@connectrpc/connect";
import { expect, onTestFinished, test } from "vitest";
import { connectBuildkit } from "../../src/buildkit/client.js";
import { readSolveError } from "../../src/buildkit/solve-error.js";
import { lab, startBuildkitd, tempDir } from "../lab/index.js";
import { type Backend, backends, toBuildkitd } from "../session-services/solve.js";
import { build, buildWith, writeFiles } from "./build.js";

test.each(backends)(
  "$name: reports exit code and location of a failed step",
  async ({ name, connect, base }: Backend) => {
    const context = await tempDir();
    await writeFiles(context, {
      Dockerfile: `FROM ${base()}\n\nRUN true\nRUN echo one; \\\n  exit 3\nRUN true\n`,
    });
    const { error, log } = await build(connect(), { context });
    expect(log).toContain("one");
    const failure = readSolveError(error);
    expect(failure.exitCode).toBe(3);
    expect(failure.code).toBe(Code.Unknown);
    // BuildKit 0.8 has no details.
    if (name !== "buildkitd") return;
    expect(failure.vertexDigest).toMatch(/^sha256:/);
    expect(failure.sources).toMatchObject([{ filename: "Dockerfile", ranges: [{ start: 4 }, { start: 5 }] }]);
  },
);

test("reports the line of a syntax error", async () => {
  const context = await tempDir();
  await writeFiles(context, { Dockerfile: "FROM scratch\nRUNN x\n" });
  const { error } = await build(toBuildkitd(lab().buildkitd.address), { context });
  const failure = readSolveError(error);
  expect(failure.message).toContain("unknown instruction: RUNN");
  expect(failure.sources[0]).toMatchObject({ filename: "Dockerfile", ranges: [{ start: 2, end: 2 }] });
});

test("reports a complete error with a Dockerfile that is too long for HTTP headers", async () => {
  const context = await tempDir();
  const comments = "# nothing to see in this line of the file\n".repeat(8000);
  await writeFiles(context, { Dockerfile: `FROM ${lab().registry.baseImage}\n${comments}RUN exit 7\n` });
  const { error } = await build(toBuildkitd(lab().buildkitd.address), { context });
  const failure = readSolveError(error);
  expect(failure.exitCode).toBe(7);
  expect(failure.sources[0]?.ranges).toEqual([{ start: 8002, end: 8002 }]);
});

test.each(backends)("$name: cancels a build during a step", async ({ connect, base }: Backend) => {
  const context = await tempDir();
  await writeFiles(context, { Dockerfile: `FROM ${base()}\nRUN echo started; sleep 600\n` });
  const cancel = new AbortController();
  const onLog = () => cancel.abort();
  const client = connectBuildkit(connect());
  const { error, sessionEnd } = await buildWith(client, { context, signal: cancel.signal, onLog });
  expect(error?.code).toBe(Code.Canceled);
  expect(sessionEnd).toBeUndefined();
  // The connection is still usable.
  await client.control.listWorkers({});
  await client.close();
});

test("ends the build with one typed error if the daemon is killed during a step", async () => {
  const daemon = await startBuildkitd();
  try {
    const context = await tempDir();
    await writeFiles(context, {
      Dockerfile: `FROM ${lab().registry.baseImage}\nRUN echo started; sleep 600\n`,
    });
    const onLog = () => void daemon.kill();
    const { error, sessionEnd } = await build(toBuildkitd(daemon.address), { context, onLog });
    expect(error?.code).toBe(Code.Unavailable);
    expect(error?.rawMessage).toContain("Lost the connection to BuildKit");
    expect(sessionEnd?.code).toBe(Code.Unavailable);
  } finally {
    await daemon.stop();
  }
});

test("ends the build with one typed error if the daemon is killed during a transfer", async () => {
  const daemon = await startBuildkitd();
  try {
    const context = await tempDir();
    await writeFiles(context, { Dockerfile: "FROM scratch\nCOPY . /\n" });
    await writeFile(join(context, "big"), randomBytes(256 << 20));
    let isKilled = false;
    const onProgress = (_name: string, { bytes }: { bytes: number }) => {
      if (bytes < 64 << 20 || isKilled) return;
      isKilled = true;
      void daemon.kill();
    };
    const { error, sessionEnd } = await build(toBuildkitd(daemon.address), { context, onProgress });
    expect(isKilled).toBe(true);
    expect(error?.code).toBe(Code.Unavailable);
    expect(sessionEnd?.code).toBe(Code.Unavailable);
  } finally {
    await daemon.stop();
  }
});

test("reconnects after the daemon has restarted", async () => {
  const daemon = await startBuildkitd();
  let address = daemon.address;
  const client = connectBuildkit(() => toBuildkitd(address)() as never);
  await client.control.listWorkers({});
  await daemon.stop();
  await expect(client.control.listWorkers({})).rejects.toMatchObject({ code: Code.Unavailable });
  const next = await startBuildkitd();
  address = next.address;
  expect((await client.control.listWorkers({})).record).toHaveLength(1);
  await client.close();
  await next.stop();
  await expect(client.control.listWorkers({})).rejects.toMatchObject({ code: Code.Canceled });
});

test.each(backends)(
  "$name: a connection that is asked again and again stays open",
  async ({ connect }: Backend) => {
    const client = connectBuildkit(connect());
    onTestFinished(() => client.close());
    await client.control.listWorkers({});
    for (let asked = 0; asked < 20; asked += 1) expect(await client.answers(60_000)).toBe(true);
    expect(client.broken.aborted).toBe(false);
  },
);

test("reports a server without HTTP/2 within the timeout", async () => {
  const { createServer } = await import("node:net");
  const silent = createServer(() => {}).listen(0);
  const chatty = createServer((socket) => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n")).listen(0);
  for (const server of [silent, chatty]) {
    const { port } = server.address() as { port: number };
    const { connect } = await import("node:net");
    const client = connectBuildkit(() => connect(port), { timeoutMs: 500 });
    await expect(client.control.listWorkers({})).rejects.toMatchObject({
      code: Code.Unavailable,
      rawMessage: expect.stringContaining("Cannot connect to BuildKit"),
    });
    await client.close();
    server.close();
  }
  const refused = connectBuildkit(() => Promise.reject(new Error("the plugin refused")));
  await expect(refused.control.listWorkers({})).rejects.toMatchObject({
    code: Code.Unavailable,
    rawMessage: "Cannot connect to BuildKit: the plugin refused.",
  });
});
