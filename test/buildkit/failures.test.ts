import { randomBytes } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Code } from "@connectrpc/connect";
import { expect, test } from "vitest";
import { connectBuildkit } from "../../src/buildkit/client.js";
import { printSource, readSolveError } from "../../src/buildkit/solve-error.js";
import { lab, startBuildkitd, tempDir } from "../lab/index.js";
import { type Backend, backends, toBuildkitd } from "../session-services/solve.js";
import { build, buildWith, writeFiles } from "./build.js";

/** An error must be there long before anybody would think that it hangs. */
const promptly = 5_000;

test.each(backends)(
  "$name: a failing step tells exit code and place",
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
    expect(failure.sources.map(printSource)).toEqual([
      `Dockerfile:4
--------------------
   3 |     RUN true
   4 | >>> RUN echo one; \\
   5 | >>>   exit 3
   6 |     RUN true
--------------------
`,
    ]);
  },
);

test("a syntax error tells its line", async () => {
  const context = await tempDir();
  await writeFiles(context, { Dockerfile: "FROM scratch\nRUNN x\n" });
  const { error } = await build(toBuildkitd(lab().buildkitd.address), { context });
  const failure = readSolveError(error);
  expect(failure.message).toContain("unknown instruction: RUNN");
  expect(failure.sources[0]).toMatchObject({ filename: "Dockerfile", ranges: [{ start: 2, end: 2 }] });
});

test("an error with a Dockerfile that is too long for HTTP headers is complete", async () => {
  const context = await tempDir();
  const comments = "# nothing to see in this line of the file\n".repeat(8000);
  await writeFiles(context, { Dockerfile: `FROM ${lab().registry.baseImage}\n${comments}RUN exit 7\n` });
  const { error } = await build(toBuildkitd(lab().buildkitd.address), { context });
  const failure = readSolveError(error);
  expect(failure.exitCode).toBe(7);
  expect(failure.sources[0]?.ranges).toEqual([{ start: 8002, end: 8002 }]);
});

test.each(backends)("$name: a build is cancelled in a step", async ({ connect, base }: Backend) => {
  const context = await tempDir();
  await writeFiles(context, { Dockerfile: `FROM ${base()}\nRUN echo started; sleep 60\n` });
  const cancel = new AbortController();
  let cancelled = 0;
  const onLog = () => {
    cancelled ||= performance.now();
    cancel.abort();
  };
  const client = connectBuildkit(connect());
  const { error, sessionEnd } = await buildWith(client, { context, signal: cancel.signal, onLog });
  expect(performance.now() - cancelled).toBeLessThan(promptly);
  expect(error?.code).toBe(Code.Canceled);
  expect(sessionEnd).toBeUndefined();
  // The connection is none the worse for it.
  await client.control.listWorkers({});
  await client.close();
});

test("a daemon killed in a step ends the build with one typed error", async () => {
  const daemon = await startBuildkitd();
  try {
    const context = await tempDir();
    await writeFiles(context, {
      Dockerfile: `FROM ${lab().registry.baseImage}\nRUN echo started; sleep 60\n`,
    });
    let killed = 0;
    const onLog = () => {
      killed ||= performance.now();
      void daemon.kill();
    };
    const { error, sessionEnd } = await build(toBuildkitd(daemon.address), { context, onLog });
    expect(performance.now() - killed).toBeLessThan(promptly);
    expect(error?.code).toBe(Code.Unavailable);
    expect(error?.rawMessage).toContain("lost the connection to BuildKit");
    expect(sessionEnd?.code).toBe(Code.Unavailable);
  } finally {
    await daemon.stop();
  }
});

test("a daemon killed in a transfer ends the build with one typed error", async () => {
  const daemon = await startBuildkitd();
  try {
    const context = await tempDir();
    await writeFiles(context, { Dockerfile: "FROM scratch\nCOPY . /\n" });
    await writeFile(join(context, "big"), randomBytes(256 << 20));
    let killed = 0;
    const onProgress = (_name: string, { bytes }: { bytes: number }) => {
      if (bytes < 64 << 20 || killed) return;
      killed = performance.now();
      void daemon.kill();
    };
    const { error, sessionEnd } = await build(toBuildkitd(daemon.address), { context, onProgress });
    expect(killed).toBeGreaterThan(0);
    expect(performance.now() - killed).toBeLessThan(promptly);
    expect(error?.code).toBe(Code.Unavailable);
    expect(sessionEnd?.code).toBe(Code.Unavailable);
  } finally {
    await daemon.stop();
  }
});

test("a client connects again after its daemon came back", async () => {
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

test("what does not speak HTTP/2 is told within the time allowed", async () => {
  const { createServer } = await import("node:net");
  const silent = createServer(() => {}).listen(0);
  const chatty = createServer((socket) => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n")).listen(0);
  for (const server of [silent, chatty]) {
    const { port } = server.address() as { port: number };
    const { connect } = await import("node:net");
    const client = connectBuildkit(() => connect(port), { timeoutMs: 500 });
    await expect(client.control.listWorkers({})).rejects.toMatchObject({
      code: Code.Unavailable,
      rawMessage: expect.stringContaining("cannot connect to BuildKit"),
    });
    await client.close();
    server.close();
  }
  const nobody = connectBuildkit(() => Promise.reject(new Error("the plugin said no")));
  await expect(nobody.control.listWorkers({})).rejects.toMatchObject({
    code: Code.Unavailable,
    rawMessage: "cannot connect to BuildKit: the plugin said no",
  });
});
