import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Client, type Code, ConnectError, createClient } from "@connectrpc/connect";
import { createGrpcTransport, type GrpcTransportOptions } from "@connectrpc/connect-node";
import { Health } from "../gen/grpc/health/v1/health_pb.js";
import { GRPCController } from "../gen/plugin/grpc_controller_pb.js";
import { GRPCStdio } from "../gen/plugin/grpc_stdio_pb.js";
import { DriverService } from "../gen/slipway/driver/v1/driver_pb.js";
import { ImageStoreService } from "../gen/slipway/driver/v1/image_store_pb.js";
import { NativeBuildService } from "../gen/slipway/nativebuild/v1/native_build_pb.js";
import { hostCapabilities } from "../plugin-client/host-capabilities.js";
import { PluginConnection } from "../plugin-client/plugin-connection.js";
import { pluginEnvironment } from "../plugin-client/plugin-environment.js";
import { type Certificate, createCertificate } from "../plugin-protocol/certificate.js";
import { type HandshakeLine, parseHandshakeLine } from "../plugin-protocol/handshake-line.js";
import { withTimeout } from "../util/with-timeout.js";
import { Violation } from "./violation.js";

/** So long a plugin may take to write its line, in milliseconds; a host gives it as much until Handshake. */
const startMs = 30_000;
/** Messages may be larger than any limit, since limits are tried. */
const maxBytes = 512 << 20;
/** Output that is kept, in characters. */
const keptLength = 4 << 20;

/** The kit, as it is told to plugins: it can do what a host can. */
export const asHost = {
  host: { name: "slipway-conformance", version: "1.0.0" },
  capabilities: hostCapabilities,
};

/** The command of a plugin. */
export interface PluginCommand {
  /** Program and arguments. */
  command: readonly [program: string, ...args: string[]];
  /** Folder to run it in. */
  cwd: string;
}

/** How a process is started other than a host would. */
export interface StartOptions {
  /** Variables on top of the contract's; undefined takes one away. */
  env?: Record<string, string | undefined>;
  /** "held" as a host has it, or closed from the beginning. */
  stdin?: "held" | "closed";
}

/** Clients of all services of a plugin. */
export interface Peer {
  connection: PluginConnection;
  driver: Client<typeof DriverService>;
  imageStore: Client<typeof ImageStoreService>;
  nativeBuild: Client<typeof NativeBuildService>;
  health: Client<typeof Health>;
  controller: Client<typeof GRPCController>;
  /** A client that calls the plugin by another name. */
  calledBy(authority: string): Client<typeof DriverService>;
  /** Resolves when the stream of what it prints has ended: with the code, or undefined when it ended well. */
  stdioEnded: Promise<Code | undefined>;
}

type SessionManager = NonNullable<GrpcTransportOptions["sessionManager"]>;

function transportOver(session: SessionManager) {
  return createGrpcTransport({
    baseUrl: session.authority,
    sessionManager: session,
    acceptCompression: [],
    readMaxBytes: maxBytes,
    writeMaxBytes: maxBytes,
  });
}

/** One process of the plugin under test, seen from closer than a host would. Its owner calls {@link PluginProcess.end}. */
export class PluginProcess {
  readonly socketDir = mkdtempSync(join(tmpdir(), "swc-"));
  readonly certificate: Certificate = createCertificate();
  /** What it wrote so far. */
  stdout = "";
  stderr = "";
  /** Resolves with how it ended, for people. */
  readonly exited: Promise<{ code: number | null; text: string }>;
  #over = false;
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
        this[name] = (this[name] + text).slice(-keptLength);
      });
    }
    this.exited = new Promise((resolve) => {
      this.#child.once("error", (error) =>
        resolve({ code: null, text: `could not be run: ${error.message}` }),
      );
      this.#child.once("close", (code, signal) =>
        resolve({ code, text: signal ? `was ended by ${signal}` : `exited with code ${code}` }),
      );
    });
    void this.exited.then(() => {
      this.#over = true;
    });
  }

  /** It has ended. */
  get over(): boolean {
    return this.#over;
  }

  /** The first line that it writes on stdout. */
  async firstLine(): Promise<string> {
    const timeout = AbortSignal.timeout(startMs);
    while (!this.stdout.includes("\n")) {
      if (this.#over) {
        const { text } = await this.exited;
        throw new Violation(`it ${text} before it wrote its handshake line${this.#lastWords()}`);
      }
      if (timeout.aborted) {
        throw new Violation(`it wrote no handshake line within ${startMs / 1000} s${this.#lastWords()}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    return this.stdout.slice(0, this.stdout.indexOf("\n"));
  }

  /** The line, read. */
  async handshakeLine(): Promise<HandshakeLine> {
    const line = await this.firstLine();
    try {
      return parseHandshakeLine(line);
    } catch (cause) {
      const message = (cause as Error).message;
      throw new Violation(`its first line on stdout was ${JSON.stringify(line.slice(0, 200))}: ${message}`);
    }
  }

  /** Connects once, as a host does. */
  peer(): Promise<Peer> {
    this.#peer ??= this.#connect();
    return this.#peer;
  }

  async #connect(): Promise<Peer> {
    const line = await this.handshakeLine();
    const connection = await withTimeout(startMs, new AbortController().signal, (signal) =>
      PluginConnection.open(line, this.certificate, signal),
    ).catch((cause: Error) => {
      throw new Violation(cause.message);
    });
    const transport = transportOver(connection);
    const stdio = createClient(GRPCStdio, transport);
    // A plugin in Go blocks in printing until somebody reads it.
    const drain = async () => {
      for await (const { data } of stdio.streamStdio({})) this.stderr += Buffer.from(data).toString();
    };
    const stdioEnded = drain().then(
      () => undefined,
      (cause: unknown) => ConnectError.from(cause).code,
    );
    return {
      connection,
      stdioEnded,
      driver: createClient(DriverService, transport),
      calledBy(name) {
        const session: SessionManager = {
          authority: `https://${name}`,
          request: (method, path, headers) =>
            connection.request(method, path, { ...headers, ":authority": name }),
          notifyResponseByteRead: () => {},
        };
        return createClient(DriverService, transportOver(session));
      },
      imageStore: createClient(ImageStoreService, transport),
      nativeBuild: createClient(NativeBuildService, transport),
      health: createClient(Health, transport),
      controller: createClient(GRPCController, transport),
    };
  }

  /** Ends its standard input, as a dying host does. */
  closeStdin(): void {
    this.#child.stdin?.destroy();
  }

  /** Sends a signal. */
  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Whether it ends within a time. */
  async endsWithin(ms: number): Promise<boolean> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<false>((resolve) => {
      timer = setTimeout(() => resolve(false), ms);
    });
    const ended = await Promise.race([this.exited.then(() => true), late]);
    clearTimeout(timer);
    return ended;
  }

  /** Kills it if it still runs, and deletes its sockets. */
  async end(): Promise<void> {
    if (!this.#over) {
      this.kill("SIGTERM");
      if (!(await this.endsWithin(2000))) this.kill("SIGKILL");
      await this.exited;
    }
    void this.#peer?.then(({ connection }) => connection.close()).catch(() => {});
    rmSync(this.socketDir, { recursive: true, force: true });
  }

  #lastWords(): string {
    const lines = this.stderr.trim().split("\n").slice(-5).join("\n");
    return lines ? `; its last lines:\n${lines}` : "";
  }
}
