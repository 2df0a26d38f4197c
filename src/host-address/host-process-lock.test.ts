import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { beforeEach, expect, onTestFinished, test } from "vitest";
import { dialIfAlive, type LockHolder, type SocketLock, trySocketLock } from "./host-process-lock.js";

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp("/tmp/slipway-lock-");
  path = join(folder, "x.sock");
  return () => rm(folder, { recursive: true, force: true });
});

/** Starts a process that holds the lock until it is killed. */
async function holder() {
  const source = join(folder, "hold.mts");
  const lock = new URL("host-process-lock.ts", import.meta.url).pathname;
  await writeFile(
    source,
    `import { trySocketLock } from ${JSON.stringify(lock)};
     const { state } = await trySocketLock(process.argv[2]);
     process.send(state);
     setInterval(() => {}, 1000);`,
  );
  const child = fork(source, [path], { execArgv: ["--import", "tsx"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  const [state] = await once(child, "message");
  expect(state).toBe("held");
  return child;
}

test("one process holds the lock; others learn its process id and when it is released", async () => {
  const lock = (await trySocketLock(path)) as SocketLock;
  expect(lock.state).toBe("held");
  const other = (await trySocketLock(path)) as LockHolder;
  expect(other).toMatchObject({ state: "busy", pid: process.pid });
  let released = false;
  const waiting = other.released(60_000).then(() => {
    released = true;
  });
  await new Promise((resolve) => setTimeout(resolve, 30));
  expect(released).toBe(false);
  await lock.release();
  await waiting;
  expect(await readdir(folder)).toEqual([]);
  const next = (await trySocketLock(path)) as SocketLock;
  expect(next.state).toBe("held");
  await next.release();
});

test("exactly one of many concurrent attempts succeeds", async () => {
  for (let round = 0; round < 20; round++) {
    const attempts = await Promise.all(Array.from({ length: 8 }, () => trySocketLock(path)));
    const held = attempts.filter((attempt) => attempt.state === "held");
    expect(held).toHaveLength(1);
    for (const attempt of attempts) if (attempt.state === "busy") attempt.forget();
    await held[0]?.release();
  }
  expect(await readdir(folder)).toEqual([]);
});

test("removes what a killed holder left", async () => {
  const child = await holder();
  const busy = (await trySocketLock(path)) as LockHolder;
  expect(busy).toMatchObject({ state: "busy", pid: child.pid });
  child.kill("SIGKILL");
  await busy.released(60_000);
  // A dying process closes its sockets one by one: the watched connection may close before the lock's socket.
  if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
  // Left by a process that died between two steps.
  const debris = createServer().listen(join(folder, ".x.sock.0123abcd"));
  await once(debris, "listening");
  const attempts = await Promise.all([trySocketLock(path), trySocketLock(path), trySocketLock(path)]);
  expect(attempts.map(({ state }) => state).sort()).toEqual(["busy", "busy", "held"]);
  // The number of the new lock depends on how often the attempts yielded to each other.
  const left = (await readdir(folder)).sort();
  expect(left).toEqual([".x.sock.0123abcd", expect.stringMatching(/^\.x\.sock\.lock\.\d+$/), "hold.mts"]);
  expect(left).not.toContain(".x.sock.lock.1");
  debris.close();
  for (const attempt of attempts) {
    if (attempt.state === "held") await attempt.release();
    else attempt.forget();
  }
});

test("a stopped process still holds the lock", async () => {
  const child = await holder();
  child.kill("SIGSTOP");
  const busy = (await trySocketLock(path)) as LockHolder;
  expect(busy).toMatchObject({ state: "busy", pid: undefined });
  busy.forget();
});

test("dialing reports whether a process listens", async () => {
  expect(await dialIfAlive(path)).toBeUndefined();
  await writeFile(path, "");
  expect(await dialIfAlive(path)).toBeUndefined();
});
