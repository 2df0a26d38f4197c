import { once } from "node:events";
import { chmodSync, rmSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { Code } from "@connectrpc/connect";
import { maxSocketPathBytes } from "../plugin-protocol/process-contract.js";
import { driverError } from "./driver-error.js";
import { log } from "./log.js";
import type { RelayStreams } from "./relay-streams.js";
import { splice } from "./splice.js";

/** A unix socket each of whose connections is a separate stream. Owns the connections. */
export class RelaySocket {
  readonly #server: Server;
  readonly #connections = new Set<Socket>();

  private constructor(
    readonly path: string,
    private readonly streams: RelayStreams,
  ) {
    this.#server = createServer({ allowHalfOpen: true }, (socket) => void this.#accept(socket));
  }

  /** Starts to listen; only the owner can connect. */
  static async listen(path: string, streams: RelayStreams): Promise<RelaySocket> {
    if (Buffer.byteLength(path) > maxSocketPathBytes) {
      throw driverError({
        code: Code.FailedPrecondition,
        reason: "SOCKET_PATH_TOO_LONG",
        message: `The socket path ${path} is longer than ${maxSocketPathBytes} bytes.`,
        remedy: "Use a shorter folder for the host's runtime files.",
      });
    }
    const socket = new RelaySocket(path, streams);
    socket.#server.listen(path);
    await once(socket.#server, "listening");
    chmodSync(path, 0o600);
    return socket;
  }

  /** Closes the connections and deletes the socket. */
  close(): void {
    this.#server.close();
    for (const connection of this.#connections) connection.destroy();
    rmSync(this.path, { force: true });
  }

  async #accept(socket: Socket): Promise<void> {
    this.#connections.add(socket);
    const left = new AbortController();
    const leave = () => left.abort();
    socket.on("error", leave).once("close", leave);
    try {
      const stream = await this.streams.connect(left.signal);
      socket.off("close", leave);
      await splice(socket, stream);
    } catch (error) {
      // A raw byte stream cannot carry an error; the host tries again and gets it then.
      if (!left.signal.aborted) log.warn("Cannot connect the host", { error });
      socket.destroy();
    } finally {
      this.#connections.delete(socket);
    }
  }
}
