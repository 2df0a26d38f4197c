import { chmodSync } from "node:fs";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import type { ListenOptions } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { JsonObject } from "@bufbuild/protobuf";
import type { Certificate } from "../../plugin-protocol/certificate.js";
import { Violation } from "../report/violation.js";
import { type ClientCommand, ClientProcess } from "./client-process.js";
import type { Answer, Ending, ReportedError, Task } from "./contract.js";
import type { HostScript } from "./host-script.js";
import { ScriptedHost } from "./scripted-host.js";
import { standardScript } from "./standard-script.js";

/** The client has no such function; the check is skipped. */
export class Unsupported extends Error {}

/** A build of the client under test for which the specification does not matter. */
export const aBuild: Task & { spec: JsonObject } = {
  command: "build",
  spec: { tags: ["conformance/app:1"], displayName: "conformance" },
};

/** What a check has: the client under test, and hosts for it. The owner calls {@link Subject.close}. */
export class Subject {
  readonly #hosts: ScriptedHost[] = [];
  readonly #processes: ClientProcess[] = [];
  #folder: string | undefined;

  constructor(private readonly client: ClientCommand) {}

  /** A folder that only this user can write to, for the time of the check. */
  async folder(): Promise<string> {
    if (!this.#folder) {
      // Short, since a socket's path is.
      this.#folder = await mkdtemp(join(tmpdir(), "swk-"));
      chmodSync(this.#folder, 0o700);
    }
    return this.#folder;
  }

  /** Folder of the unix socket. */
  async socketFolder(): Promise<string> {
    return join(await this.folder(), "host");
  }

  /** A host on a unix socket in {@link Subject.socketFolder}, and what selects it. Without a fault, except for the script. */
  async host(script: HostScript = {}): Promise<HostAtAddress> {
    const folder = await this.socketFolder();
    await mkdir(folder, { mode: 0o700, recursive: true });
    const path = join(folder, "slipway.sock");
    const host = await this.#open(script, { path });
    return { host, env: { SLIPWAY_HOST: `unix://${path}` } };
  }

  /** A host on TCP, and what selects it. */
  async tcpHost(
    script: HostScript = {},
    certificate?: Certificate,
    address = "127.0.0.1",
  ): Promise<HostAtAddress> {
    const host = await this.#open(script, { host: address, port: 0 }, certificate);
    const url = certificate ? `https://localhost:${host.port}` : `http://${address}:${host.port}`;
    return { host, env: { SLIPWAY_HOST: url } };
  }

  async #open(script: HostScript, listen: ListenOptions, certificate?: Certificate): Promise<ScriptedHost> {
    const host = await ScriptedHost.open({ script: { ...standardScript(), ...script }, listen, certificate });
    this.#hosts.push(host);
    return host;
  }

  /** Runs the client under test for a task. Rejects with {@link Unsupported} if it has no such function. */
  async run(task: Task, env: Record<string, string>): Promise<Answer> {
    const folder = await this.folder();
    const inherited = Object.entries(process.env).filter(([name]) => !/^SLIPWAY|_proxy$/i.test(name));
    const client = new ClientProcess(this.client, task, {
      ...Object.fromEntries(inherited),
      // What the client keeps between tasks.
      XDG_CACHE_HOME: join(folder, "cache"),
      XDG_RUNTIME_DIR: join(folder, "runtime"),
      // It is never to start a host.
      SLIPWAY: "false",
      ...env,
    });
    this.#processes.push(client);
    const answer = await client.answer();
    if ("unsupported" in answer.ending) throw new Unsupported(answer.ending.unsupported);
    return answer;
  }

  /** Waits until the running client has printed the event with a sequence number, which the host sent before. */
  async printed(sequence: number): Promise<void> {
    await this.#processes.at(-1)?.printed(sequence);
  }

  /** What the clients of this check wrote on stderr. */
  stderr(): string {
    return this.#processes.map(({ stderr }) => stderr).join("");
  }

  /** Ends everything that this check started. */
  async close(): Promise<void> {
    await Promise.all(this.#processes.map((process) => process.end()));
    await Promise.all(this.#hosts.map((host) => host.close()));
    if (this.#folder) await rm(this.#folder, { recursive: true, force: true });
  }
}

/** A host, and the environment variables that select it. */
export interface HostAtAddress {
  host: ScriptedHost;
  env: Record<string, string>;
}

/** The result of a task that must succeed. */
export function resultOf(what: string, { ending }: Answer) {
  if ("result" in ending) return ending.result;
  throw new Violation(`${what} ended with ${formatEnding(ending)}, expected a result.`);
}

/** The error of a task that must fail. */
export function errorOf(what: string, { ending }: Answer): ReportedError {
  if ("error" in ending) return ending.error;
  throw new Violation(`${what} ended with ${formatEnding(ending)}, expected an error.`);
}

/** The end of a task as a clause: "a result", "the error NOT_FOUND (BUILD_UNKNOWN): …". */
export function formatEnding(ending: Ending): string {
  if ("error" in ending) {
    const { code, reason, message } = ending.error;
    return `the error ${code}${reason && ` (${reason})`}: ${message.replace(/\.$/, "")}`;
  }
  return "canceled" in ending ? "a cancelled build" : "a result";
}
