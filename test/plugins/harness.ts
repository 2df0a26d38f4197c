import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "vitest";
import { readTypedError } from "../../src/errors/typed-error.js";
import type { Log } from "../../src/host/base/log.js";
import { PluginManager, type PluginManagerOptions } from "../../src/host/plugins/plugin-manager.js";

/** A folder with plugins, and managers over it that must leave nothing behind. */
export class Harness {
  readonly folder = mkdtempSync(join(tmpdir(), "sw-"));
  readonly plugins = join(this.folder, "plugins");
  readonly runtimeDir = join(this.folder, "run");
  /** What was logged, as "level message". */
  readonly logged: string[] = [];
  readonly #managers: PluginManager[] = [];
  readonly #pids = new Set<number>();
  readonly #resources = resources();

  /** Opens a manager over the folder. Waits are short, so that tests are. */
  async open(options: Partial<PluginManagerOptions> = {}): Promise<PluginManager> {
    const manager = await PluginManager.open({
      searchPath: [{ path: this.plugins }],
      runtimeDir: this.runtimeDir,
      host: { name: "test", version: "0.0.0" },
      capabilities: [],
      log: this.#log(),
      backoffMs: 10,
      ...options,
    });
    this.#managers.push(manager);
    return manager;
  }

  /** Notes the process of the only plugin, so that {@link close} can see that it ended; returns its id. */
  pid(manager: PluginManager): number {
    const { pid } = manager.list()[0]!;
    expect(pid).toBeGreaterThan(0);
    this.#pids.add(pid);
    return pid;
  }

  /** Folders of sockets that exist. */
  socketDirs(): string[] {
    const parent = join(this.runtimeDir, "p");
    return existsSync(parent) ? readdirSync(parent) : [];
  }

  /** Closes everything, and fails when a process, a socket, a pipe or a timer is left. */
  async close(): Promise<void> {
    for (const manager of this.#managers) await manager.close();
    const left = this.socketDirs();
    rmSync(this.folder, { recursive: true });
    expect(left).toEqual([]);
    for (const pid of this.#pids) expect(isAlive(pid), `process ${pid}`).toBe(false);
    // Handles are closed in the turns after the events that tell of it.
    const deadline = performance.now() + 3000;
    while (this.#leaked().length > 0 && performance.now() < deadline) await sleep(10);
    expect(this.#leaked()).toEqual([]);
  }

  /** Resources that are there now and were not at the start. */
  #leaked(): string[] {
    const before = [...this.#resources];
    return resources().filter((kind) => {
      const at = before.indexOf(kind);
      if (at >= 0) before.splice(at, 1);
      return at < 0;
    });
  }

  #log(): Log {
    const note = (level: string) => (message: string) => void this.logged.push(`${level} ${message}`);
    return { debug: note("debug"), info: note("info"), warn: note("warn"), error: note("error") };
  }
}

/** Whether a process exists. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** The error of a promise that must reject, read as a typed one. */
export async function failure(work: Promise<unknown>) {
  const error = await work.then(
    () => undefined,
    (cause: unknown) => cause,
  );
  expect(error, "it was to fail").toBeDefined();
  return readTypedError(error);
}

/** What keeps a process alive and belongs to plugins. */
function resources(): string[] {
  const kinds = ["ProcessWrap", "PipeWrap", "TLSSocketWrap"];
  return process.getActiveResourcesInfo().filter((kind) => kinds.includes(kind));
}
