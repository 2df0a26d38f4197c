import { randomBytes } from "node:crypto";
import { link, readdir, rm } from "node:fs/promises";
import { createServer, connect as dial, type Socket } from "node:net";
import { basename, dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { settlesWithin } from "../util/settles-within.js";

/*
 * A lock that the kernel releases when its holder dies, made of unix sockets only.
 *
 * The holder listens on `.<name>.lock.<n>` beside the locked path. A socket that accepts connections has a live holder,
 * one that refuses them has a dead holder; no process id can be mistaken. The name is created with link(2), which fails
 * if it exists, and only after the socket listens, so that it never looks dead. A dead socket is not reused: the next
 * attempt uses the next number and then checks all sockets again, so that of two concurrent attempts the later one
 * always sees the earlier. Only the holder removes dead sockets.
 */

/** A lock held by this process. */
export interface SocketLock {
  state: "held";
  /** Releases and removes the lock. */
  release(): Promise<void>;
}

/** Another process that holds the lock. */
export interface LockHolder {
  state: "busy";
  /** Its process id; undefined if it did not send it within 300 ms. */
  pid: number | undefined;
  /** Waits until it releases the lock or dies, for a limited time. */
  released(timeoutMs: number): Promise<void>;
  /** Stops watching the holder. */
  forget(): void;
}

/** Maximum number of characters that the names used here add to the locked path. */
export const lockNameExtra = "..lock.99999".length;

/** Acquires the lock of a path, or returns its holder. The folder must exist and belong to the user. */
export async function trySocketLock(path: string): Promise<SocketLock | LockHolder> {
  for (;;) {
    const before = await look(path);
    if (before.holder) return before.holder;
    const probes = await listenForProbes(path);
    const own = `${lockPrefix(path)}${before.last + 1}`;
    try {
      await link(probes.path, own);
    } catch (error) {
      await probes.close();
      // Another process was faster, or removed the temporary name.
      if (["EEXIST", "ENOENT"].includes((error as NodeJS.ErrnoException).code ?? "")) continue;
      throw error;
    }
    const release = async () => {
      await rm(own, { force: true });
      await probes.close();
    };
    try {
      await rm(probes.path, { force: true });
      const after = await look(path, own);
      if (!after.holder) {
        for (const dead of after.dead) await rm(dead, { force: true });
        return { state: "held", release };
      }
      after.holder.forget();
    } catch (error) {
      await release();
      throw error;
    }
    await release();
    // Two attempts may have yielded to each other; a random delay separates them.
    await sleep(5 + Math.random() * 30);
  }
}

/** Returns an unused name beside a path; the holder of the path's lock removes dead sockets with such names. */
export function temporaryName(path: string): string {
  return join(dirname(path), `.${basename(path)}.${randomBytes(4).toString("hex")}`);
}

const lockPrefix = (path: string) => join(dirname(path), `.${basename(path)}.lock.`);

/** Looks for other sockets of the lock: a live holder, or the dead sockets and their highest number. */
async function look(
  path: string,
  own?: string,
): Promise<{ holder?: LockHolder; last: number; dead: string[] }> {
  const folder = dirname(path);
  const name = basename(path).replace(/[^\w]/g, "\\$&");
  const pattern = new RegExp(`^\\.${name}\\.(?:lock\\.(?<number>\\d+)|[0-9a-f]{8})$`);
  let last = 0;
  const dead: string[] = [];
  for (const entry of await readdir(folder)) {
    const match = pattern.exec(entry);
    const other = join(folder, entry);
    if (!match || other === own) continue;
    if (match.groups?.number) {
      const holder = await probeLock(other);
      if (holder) return { holder, last, dead };
      last = Math.max(last, Number(match.groups.number));
      dead.push(other);
    } else {
      const alive = await dialIfAlive(other);
      if (alive) alive.destroy();
      else dead.push(other);
    }
  }
  return { last, dead };
}

async function listenForProbes(path: string): Promise<{ path: string; close(): Promise<void> }> {
  const temporary = temporaryName(path);
  const watchers = new Set<Socket>();
  const server = createServer((socket) => {
    watchers.add(socket.unref());
    socket.on("error", () => socket.destroy());
    socket.once("close", () => watchers.delete(socket));
    socket.write(`${process.pid}\n`);
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen({ path: temporary }, resolve);
  });
  // The lock does not keep the process alive.
  server.unref();
  const close = async () => {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    for (const socket of watchers) socket.destroy();
    await closed;
  };
  return { path: temporary, close };
}

async function probeLock(path: string): Promise<LockHolder | undefined> {
  const socket = await dialIfAlive(path);
  if (!socket) return undefined;
  const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
  const sentPid = new Promise<number | undefined>((resolve) => {
    socket.once("data", (data) => resolve(Number.parseInt(data.toString(), 10) || undefined));
    setTimeout(resolve, 300, undefined).unref();
  });
  const pid = await Promise.race([sentPid, closed.then(() => undefined)]);
  return {
    state: "busy",
    pid,
    released: async (timeoutMs) => void (await settlesWithin(timeoutMs, closed)),
    forget: () => socket.destroy(),
  };
}

/** Connects to a unix socket; undefined if it does not exist or nobody listens on it. */
export function dialIfAlive(path: string): Promise<Socket | undefined> {
  return new Promise((resolve, reject) => {
    const socket = dial(path);
    socket.once("connect", () => {
      socket.on("error", () => socket.destroy());
      resolve(socket);
    });
    socket.once("error", (error: NodeJS.ErrnoException) => {
      // ECONNRESET: the socket was closed during the connection.
      if (["ECONNREFUSED", "ECONNRESET", "ENOENT"].includes(error.code ?? "")) resolve(undefined);
      else reject(error);
    });
  });
}
