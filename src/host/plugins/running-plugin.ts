import { type Client, createClient, type Transport } from "@connectrpc/connect";
import { GRPCController } from "../../gen/plugin/grpc_controller_pb.js";
import type { DriverDescriptor } from "../../gen/slipway/driver/v1/descriptor_pb.js";
import { DriverService, type HandshakeResponse } from "../../gen/slipway/driver/v1/driver_pb.js";
import { ImageStoreService } from "../../gen/slipway/driver/v1/image_store_pb.js";
import { NativeBuildService } from "../../gen/slipway/nativebuild/v1/native_build_pb.js";
import { PolicyService } from "../../gen/slipway/policy/v1/policy_pb.js";
import type { PluginConnection } from "../../plugin-client/plugin-connection.js";
import { settlesWithin } from "../../util/settles-within.js";
import { explainIncomplete } from "./incomplete-driver.js";
import { crashed, stopped } from "./plugin-errors.js";
import { removeSocketDir } from "./socket-dir.js";
import type { SupervisedProcess } from "./supervised-process.js";

/** A plugin's process and the connection to it. Owns both and the folder of its sockets. */
export class RunningPlugin {
  readonly startTime = new Date();
  /** Resolves when the process has ended and its sockets are removed: with why it crashed, or undefined if stopped. */
  readonly ended: Promise<string | undefined>;
  readonly #died = new AbortController();
  #stopping: Promise<void> | undefined;
  #transport: Transport | undefined;
  #handshake: HandshakeResponse | undefined;

  constructor(
    readonly name: string,
    private readonly child: SupervisedProcess,
    private readonly connection: PluginConnection,
    socketDir: string | undefined,
    private readonly stopTimeoutMs: number,
  ) {
    this.ended = this.#watch(socketDir);
  }

  /** Aborts when the process has ended; the reason is a typed error. */
  get died(): AbortSignal {
    return this.#died.signal;
  }

  /** Process id; undefined when the plugin runs on another machine. */
  get pid(): number | undefined {
    return this.child.pid;
  }

  /** The last lines of output. */
  get lastLines(): string[] {
    return this.child.output.lastLines;
  }

  /** The answer to Handshake. */
  get handshake(): HandshakeResponse {
    return this.#handshake!;
  }

  /** Completes the start. */
  open(transport: Transport, handshake: HandshakeResponse): void {
    this.#transport = transport;
    this.#handshake = handshake;
  }

  /** Clients of one of the plugin's drivers. */
  clients(driver: DriverDescriptor): {
    driver: Client<typeof DriverService>;
    imageStore: Client<typeof ImageStoreService>;
    nativeBuild: Client<typeof NativeBuildService>;
  } {
    const transport = explainIncomplete(this.#transport!, this.name, driver);
    return {
      driver: createClient(DriverService, transport),
      imageStore: createClient(ImageStoreService, transport),
      nativeBuild: createClient(NativeBuildService, transport),
    };
  }

  /** A client of the plugin's policy engine. */
  policies(): Client<typeof PolicyService> {
    return createClient(PolicyService, this.#transport!);
  }

  /**
   * Stops the process with Shutdown, then SIGTERM, then SIGKILL. Resolves when the process has ended and its sockets are
   * removed. Only disconnects from a plugin that the host has not started.
   */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  async #stop(): Promise<void> {
    if (this.child.isForeign) {
      this.child.kill("SIGTERM");
      await this.ended;
      return;
    }
    const controller = createClient(GRPCController, this.#transport!);
    // Many plugins exit before they answer; others wait for their calls first.
    controller.shutdown({}, { timeoutMs: this.stopTimeoutMs }).catch(() => {});
    if (!(await this.#exitsWithin(this.stopTimeoutMs))) {
      this.connection.close();
      this.child.kill("SIGTERM");
      if (!(await this.#exitsWithin(this.stopTimeoutMs))) this.child.kill("SIGKILL");
    }
    await this.ended;
  }

  #exitsWithin(timeoutMs: number): Promise<boolean> {
    return settlesWithin(timeoutMs, this.child.exited);
  }

  async #watch(socketDir: string | undefined): Promise<string | undefined> {
    const first = await Promise.race([this.child.exited, this.connection.lost]);
    let why = typeof first === "string" ? first : first.text;
    if (typeof first === "string" && !this.#stopping) {
      // The connection usually breaks because the process exits; the exit event may arrive later. A process without a
      // connection cannot be used, so it is killed. The exit of a foreign process is not known.
      if (this.child.isForeign || !(await this.#exitsWithin(500))) this.child.kill("SIGKILL");
      else why = (await this.child.exited).text;
    }
    const exit = await this.child.exited;
    this.connection.close();
    if (socketDir) await removeSocketDir(socketDir);
    const crash = this.#stopping ? undefined : why;
    this.#died.abort(crash ? crashed(this.name, crash, exit, this.child) : stopped(this.name));
    return crash;
  }
}
