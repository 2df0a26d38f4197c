import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PluginConnection } from "../plugin-client/plugin-connection.js";
import { pluginEnvironment } from "../plugin-client/plugin-environment.js";
import { type Certificate, createCertificate } from "../plugin-protocol/certificate.js";
import { type HandshakeLine, parseHandshakeLine } from "../plugin-protocol/handshake-line.js";
import { settlesWithin } from "../util/settles-within.js";
import { withPeriod } from "../util/with-period.js";
import { withTimeout } from "../util/with-timeout.js";
import { createPeer, type Peer } from "./peer.js";
import { Violation } from "./report/violation.js";

/** How long a plugin may take to write its handshake line, in milliseconds; the same as a host's limit. */
const startMs = 30_000;
/** Most output that is kept, in characters. */
const maxOutputLength = 4 << 20;

/** The command of a plugin. */
export interface PluginCommand {
  /** Program and arguments. */
  command: readonly [program: string, ...args: string[]];
  /** Working directory. */
  cwd: string;
}

/** Differences from the start by a host. */
export interface StartOptions {
  /** Additional variables; undefined removes one. */
  env?: Record<string, string | undefined>;
  /** "held" as by a host (default), or closed from the start. */
  stdin?: "held" | "closed";
}

/** A process of the plugin under test, with its raw output. The owner calls {@link PluginProcess.end}. */
export class PluginProcess {
  readonly socketDir = mkdtempSync(join(tmpdir(), "swc-"));
  readonly certificate: Certificate = createCertificate();
  /** The output so far. */
  stdout = "";
  stderr = "";
  /** Resolves when the process has ended; `text` is a clause after "The plugin". */
  readonly exited: Promise<{ code: number | null; text: string }>;
  #ended = false;
  readonly #child: ChildProcess;
  #peer: Promise<Peer> | undefined;

  constructor({ command, cwd }: PluginCommand, { env = {}, stdin = "held" }: StartOptions = {}) {
    const contract = pluginEnvironment(process.env, this.certificate.pem, this.socketDir);
    const [program, ...args] = command;
    this.#child = spawn(program, args, {
      cwd,
      env: { ...contract, ...env },
      stdio: [stdin === "held" ? "pipe" : "ignore", "pipe", "pipe"],
    });
    this.#child.stdin?.on("error", () => {});
    for (const name of ["stdout", "stderr"] as const) {
      this.#child[name]!.setEncoding("utf8").on("data", (text: string) => {
        this[name] = (this[name] + text).slice(-maxOutputLength);
      });
    }
    this.exited = new Promise((resolve) => {
      this.#child.once("error", (error) =>
        resolve({ code: null, text: `could not be run: ${error.message}` }),
      );
      this.#child.once("close", (code, signal) =>
        resolve({ code, text: signal ? `was killed by ${signal}` : `exited with code ${code}` }),
      );
    });
    void this.exited.then(() => {
      this.#ended = true;
    });
  }

  /** Whether the process has ended. */
  get ended(): boolean {
    return this.#ended;
  }

  /** The first line on stdout. */
  async firstLine(): Promise<string> {
    const timeout = AbortSignal.timeout(startMs);
    while (!this.stdout.includes("\n")) {
      if (this.#ended) {
        const { text } = await this.exited;
        throw new Violation(`The plugin ${text} before it wrote a line on stdout.`);
      }
      if (timeout.aborted) {
        throw new Violation(`The plugin wrote no line on stdout within ${startMs / 1000} s.`);
      }
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    return this.stdout.slice(0, this.stdout.indexOf("\n"));
  }

  /** The parsed handshake line. */
  async handshakeLine(): Promise<HandshakeLine> {
    const line = await this.firstLine();
    try {
      return parseHandshakeLine(line);
    } catch (cause) {
      const message = (cause as Error).message;
      throw new Violation(
        withPeriod(`The first line on stdout was ${JSON.stringify(line.slice(0, 200))}: ${message}`),
      );
    }
  }

  /** Connects on the first call, as a host does. */
  peer(): Promise<Peer> {
    this.#peer ??= this.connect();
    return this.#peer;
  }

  /** Makes a further connection, which the caller closes. */
  async connect(): Promise<Peer> {
    const line = await this.handshakeLine();
    const connection = await withTimeout(startMs, new AbortController().signal, (signal) =>
      PluginConnection.open(line, this.certificate, signal),
    ).catch((cause: Error) => {
      throw new Violation(withPeriod(cause.message));
    });
    return createPeer(connection, (text) => {
      this.stderr += text;
    });
  }

  /** Closes the standard input, as the death of a host does. */
  closeStdin(): void {
    this.#child.stdin?.destroy();
  }

  /** Sends a signal. */
  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Waits for the end of the process; false after a timeout. */
  endsWithin(ms: number): Promise<boolean> {
    return settlesWithin(ms, this.exited);
  }

  /** Kills the process and deletes its sockets. */
  async end(): Promise<void> {
    if (!this.#ended) {
      this.kill("SIGTERM");
      if (!(await this.endsWithin(2000))) this.kill("SIGKILL");
      await this.exited;
    }
    void this.#peer?.then(({ connection }) => connection.close()).catch(() => {});
    rmSync(this.socketDir, { recursive: true, force: true });
  }
}
