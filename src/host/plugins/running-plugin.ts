import { type Client, type ConnectError, createClient, type Transport } from "@connectrpc/connect";
import { GRPCController } from "../../gen/plugin/grpc_controller_pb.js";
import type { DriverDescriptor } from "../../gen/slipway/driver/v1/descriptor_pb.js";
import { DriverService, type HandshakeResponse } from "../../gen/slipway/driver/v1/driver_pb.js";
import { ImageStoreService } from "../../gen/slipway/driver/v1/image_store_pb.js";
import { NativeBuildService } from "../../gen/slipway/nativebuild/v1/native_build_pb.js";
import type { PluginConnection } from "../../plugin-client/plugin-connection.js";
import { settlesWithin } from "../../util/settles-within.js";
import { explainIncomplete } from "./incomplete-driver.js";
import type { SupervisedProcess } from "./plugin-child.js";
import { crashed, stopped } from "./plugin-errors.js";
import { removeSocketDir } from "./socket-dir.js";

/** A plugin's process with the connection to it. It owns both, and the folder of its sockets. */
export class RunningPlugin {
  readonly startTime = new Date();
  /** Resolves when the process has ended and its sockets are gone: with the crash, or undefined if it was stopped. */
  readonly ended: Promise<ConnectError | undefined>;
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

  /** Aborts when the process has ended; its reason is a typed error. */
  get died(): AbortSignal {
    return this.#died.signal;
  }

  /** Process id; undefined when an operator runs it. */
  get pid(): number | undefined {
    return this.child.pid;
  }

  /** The last lines that it wrote. */
  get lastLines(): string[] {
    return this.child.output.lastLines;
  }

  /** What it said about itself. */
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

  /**
   * Ends the process: kindly, then with SIGTERM, then with SIGKILL. Resolves when all is gone. One that an operator
   * runs is left.
   */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  async #stop(): Promise<void> {
    if (this.child.isOperated) {
      this.child.kill("SIGTERM");
      await this.ended;
      return;
    }
    const controller = createClient(GRPCController, this.#transport!);
    // Many plugins end before the answer is out; others let calls end first.
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

  async #watch(socketDir: string | undefined): Promise<ConnectError | undefined> {
    const first = await Promise.race([this.child.exited, this.connection.lost]);
    let why = typeof first === "string" ? first : first.text;
    if (typeof first === "string" && !this.#stopping) {
      // It breaks with the process, which is heard of a moment later. A process that lives on without it is of no use.
      if (!(await this.#exitsWithin(500))) this.child.kill("SIGKILL");
      else why = (await this.child.exited).text;
    }
    const exit = await this.child.exited;
    this.connection.close();
    if (socketDir) await removeSocketDir(socketDir);
    const crash = this.#stopping ? undefined : crashed(this.name, why, exit, this.lastLines);
    this.#died.abort(crash ?? stopped(this.name));
    return crash;
  }
}
