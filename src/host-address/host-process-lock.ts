import { randomBytes } from "node:crypto";
import { link, readdir, rm } from "node:fs/promises";
import { createServer, connect as dial, type Socket } from "node:net";
import { basename, dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { settlesWithin } from "../util/settles-within.js";

/*
 * A lock that the kernel drops with its holder, made of unix sockets alone.
 *
 * The holder listens on `.<name>.lock.<n>`, next to the path that is locked. A socket that takes connections has a
 * living holder, one that refuses them a dead one: no process id to mistake, nothing to guess. Such a name is made
 * with link(2), which fails if it exists, and only once the socket listens, so that it never looks dead at first.
 * A dead one is not taken over but passed by with the next number; then all others are looked at again: of two that
 * came at the same time, the later one always sees the earlier. Only the one who holds the lock removes dead ones.
 */

/** A lock that this process holds. */
export interface SocketLock {
  state: "held";
  /** Lets go and removes it. */
  release(): Promise<void>;
}

/** Another process that holds a lock. */
export interface LockHolder {
  state: "busy";
  /** Its process id; undefined if it did not say within 300 ms. */
  pid: number | undefined;
  /** Waits until it lets go or dies, at most that long. */
  released(timeoutMs: number): Promise<void>;
  /** Stops watching it. */
  forget(): void;
}

/** Characters by which the names used here may be longer than the path that is locked. */
export const lockNameExtra = "..lock.99999".length;

/** Takes the lock of a path, or says who has it. The folder must exist and be the user's own. */
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
      // Somebody was faster, or cleared the temporary name away.
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
    // Both may have given way to each other: apart again by chance.
    await sleep(5 + Math.random() * 30);
  }
}

/** A name next to a path that nobody else uses; the holder of the path's lock clears dead ones away. */
export function temporaryName(path: string): string {
  return join(dirname(path), `.${basename(path)}.${randomBytes(4).toString("hex")}`);
}

const lockPrefix = (path: string) => join(dirname(path), `.${basename(path)}.lock.`);

/** Who else has a socket for the lock: a living holder, or else the dead ones and the highest number among them. */
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
  // The lock must not keep alive a process that is otherwise done.
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
  const said = new Promise<number | undefined>((resolve) => {
    socket.once("data", (data) => resolve(Number.parseInt(data.toString(), 10) || undefined));
    setTimeout(resolve, 300, undefined).unref();
  });
  const pid = await Promise.race([said, closed.then(() => undefined)]);
  return {
    state: "busy",
    pid,
    released: async (timeoutMs) => void (await settlesWithin(timeoutMs, closed)),
    forget: () => socket.destroy(),
  };
}

/** Connects to a unix socket; undefined if there is none or nobody listens on it any more. */
export function dialIfAlive(path: string): Promise<Socket | undefined> {
  return new Promise((resolve, reject) => {
    const socket = dial(path);
    socket.once("connect", () => {
      socket.on("error", () => socket.destroy());
      resolve(socket);
    });
    socket.once("error", (error: NodeJS.ErrnoException) => {
      // ECONNRESET: it was closed just now.
      if (["ECONNREFUSED", "ECONNRESET", "ENOENT"].includes(error.code ?? "")) resolve(undefined);
      else reject(error);
    });
  });
}
