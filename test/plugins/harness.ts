import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "vitest";
import { readTypedError } from "../../src/errors/typed-error.js";
import type { Log } from "../../src/host/base/log.js";
import { PluginManager, type PluginManagerOptions } from "../../src/host/plugins/plugin-manager.js";

/** A folder with plugins, and managers for it that must release all resources. */
export class Harness {
  readonly folder = mkdtempSync(join(tmpdir(), "sw-"));
  readonly plugins = join(this.folder, "plugins");
  readonly runtimeDir = join(this.folder, "run");
  /** Log lines, as "level message". */
  readonly logged: string[] = [];
  readonly #managers: PluginManager[] = [];
  readonly #pids = new Set<number>();
  readonly #resources = resources();

  /** Opens a manager for the folder, with short delays. */
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

  /** Returns the process id of the only plugin; {@link close} checks that the process has ended. */
  pid(manager: PluginManager): number {
    const { pid } = manager.list()[0]!;
    expect(pid).toBeGreaterThan(0);
    this.#pids.add(pid);
    return pid;
  }

  /** Existing socket folders. */
  socketDirs(): string[] {
    const parent = join(this.runtimeDir, "p");
    return existsSync(parent) ? readdirSync(parent) : [];
  }

  /** Closes everything, and fails when a process, a socket or a pipe is left. */
  async close(): Promise<void> {
    for (const manager of this.#managers) await manager.close();
    const left = this.socketDirs();
    rmSync(this.folder, { recursive: true });
    expect(left).toEqual([]);
    for (const pid of this.#pids) expect(isAlive(pid), `process ${pid}`).toBe(false);
    // Handles are closed some event-loop turns after their events.
    const deadline = performance.now() + 30_000;
    while (this.#leaked().length > 0 && performance.now() < deadline) await sleep(10);
    expect(this.#leaked()).toEqual([]);
  }

  /** Resources that did not exist at the start. */
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

/** Returns the typed error of a promise that must reject. */
export async function failure(work: Promise<unknown>) {
  const error = await work.then(
    () => undefined,
    (cause: unknown) => cause,
  );
  expect(error, "it should have failed").toBeDefined();
  return readTypedError(error);
}

/** Active handles of plugins. */
function resources(): string[] {
  const kinds = ["ProcessWrap", "PipeWrap", "TLSSocketWrap"];
  return process.getActiveResourcesInfo().filter((kind) => kinds.includes(kind));
}
