import { type PlainAddress, PluginConnection } from "../plugin-client/plugin-connection.js";
import { protocolVersions } from "../plugin-protocol/process-contract.js";
import type { Reattach } from "../plugin-protocol/reattach.js";
import { parseTcpAddress } from "../plugin-protocol/tcp-address.js";
import { withPeriod } from "../util/with-period.js";
import { withTimeout } from "../util/with-timeout.js";
import { createPeer, type Peer } from "./peer.js";
import { must, Violation } from "./report/violation.js";

/** How long a plugin may take to answer a connection, in milliseconds. */
const connectMs = 30_000;

/**
 * The plugin under test when its author runs it, for example in a debugger. Its output is in the author's terminal, and
 * it goes on when the kit ends.
 */
export class AttachedPlugin {
  /** The output that it streams; none with the SDKs. */
  stderr = "";
  #peer: Promise<Peer> | undefined;
  #ended = false;

  constructor(private readonly reattach: Reattach) {}

  /** Whether the connection has broken. */
  get ended(): boolean {
    return this.#ended;
  }

  /** Connects on the first call. */
  peer(): Promise<Peer> {
    this.#peer ??= this.connect().then((peer) => {
      void peer.connection.lost.then(() => {
        this.#ended = true;
      });
      return peer;
    });
    return this.#peer;
  }

  /** Makes a further connection, which the caller closes. */
  async connect(): Promise<Peer> {
    const where = addressOf(this.reattach);
    const connection = await withTimeout(connectMs, new AbortController().signal, (signal) =>
      PluginConnection.connectPlain(where, signal),
    ).catch((cause: Error) => {
      throw new Violation(withPeriod(`The plugin cannot be attached: ${cause.message}`));
    });
    return createPeer(connection, (text) => {
      this.stderr += text;
    });
  }

  /** Closes the connection. */
  async end(): Promise<void> {
    const peer = await this.#peer?.catch(() => undefined);
    peer?.connection.close();
  }
}

function addressOf({ protocol, protocolVersion, network, address }: Reattach): PlainAddress {
  must(protocol === "grpc", `The plugin speaks ${protocol} instead of grpc.`);
  must(
    protocolVersions.some((known) => known === protocolVersion),
    `The plugin speaks version ${protocolVersion} of the driver protocol, expected ${protocolVersions.join(", ")}.`,
  );
  if (network === "unix") return { path: address };
  const tcp = network === "tcp" ? parseTcpAddress(address) : undefined;
  must(tcp, `The plugin listens on ${network} ${address}, expected a unix socket or a TCP address.`);
  return tcp;
}
