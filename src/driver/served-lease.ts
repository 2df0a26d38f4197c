import type { Duplex } from "node:stream";
import type { MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import { Code, type ConnectError } from "@connectrpc/connect";
import type { RegistryCredential } from "../gen/slipway/common/v1/credential_pb.js";
import type { AcquireResponseSchema, LeaseContext } from "../gen/slipway/driver/v1/driver_pb.js";
import { Channel } from "../util/channel.js";
import { whenAborted } from "../util/when-aborted.js";
import type { Progress } from "./call.js";
import { driverError } from "./driver-error.js";
import type { Draining, Lease, LeaseAddress, LeaseEndpoint } from "./lease.js";
import { log } from "./log.js";
import { RelaySocket } from "./relay-socket.js";
import { RelayStreams } from "./relay-streams.js";
import { type WaitingStep, WaitingSteps } from "./waiting-steps.js";

type Event = NonNullable<MessageInitShape<typeof AcquireResponseSchema>["event"]>;

/** A lease that this plugin serves. Owns its streams and its socket. */
export class ServedLease implements Lease {
  readonly released: Promise<void>;
  readonly #events = new Channel<Event | { case: "step"; value: WaitingStep }>();
  readonly #steps = new WaitingSteps();
  readonly #ended = new AbortController();
  readonly #streams = new RelayStreams();
  #socket: Promise<RelaySocket> | undefined;
  #loss: ConnectError | undefined;

  /** @param socketPath where the host finds the streams; undefined when it is on another machine */
  constructor(
    readonly context: LeaseContext,
    readonly credentials: Record<string, RegistryCredential>,
    private readonly socketPath: string | undefined,
  ) {
    this.released = whenAborted(this.signal);
  }

  get signal(): AbortSignal {
    return this.#ended.signal;
  }

  progress(step: Progress): Promise<void> {
    return this.#steps.add(step, (added) => this.#events.send({ case: "step", value: added }));
  }

  async offer(endpoint: LeaseEndpoint): Promise<void> {
    const address = await this.#addressOf(endpoint);
    const expireTime = endpoint.expireTime && timestampFromDate(endpoint.expireTime);
    const { reusable } = endpoint;
    void this.#events.send({ case: "endpoint", value: { address, expireTime, reusable } });
  }

  async hold(endpoint: LeaseEndpoint): Promise<void> {
    await this.offer(endpoint);
    await this.released;
  }

  drain({ reason, message, endTime }: Draining): void {
    const value = { reason, message, endTime: endTime && timestampFromDate(endTime) };
    void this.#events.send({ case: "draining", value });
  }

  /** Opens a stream for Tunnel. */
  connect(signal: AbortSignal): Promise<Duplex> {
    return this.#streams.connect(signal);
  }

  /** Ends the lease; a loss is reported to the host. */
  end(loss?: ConnectError): void {
    if (this.signal.aborted) return;
    this.#loss = loss;
    this.#ended.abort();
    this.#streams.end();
    // A path that cannot be listened on was reported by `offer`.
    this.#socket?.then(
      (socket) => socket.close(),
      () => {},
    );
    this.#events.close();
  }

  /** Runs the driver's part and yields its events, until the lease has ended and the driver's part too. */
  async *run(acquire: (lease: Lease) => Promise<void>): AsyncGenerator<Event> {
    let failure: unknown;
    const done = acquire(this).then(
      () => this.end(endedEarly()),
      (cause) => {
        if (this.signal.aborted) this.#logLate(cause);
        else failure = cause;
        this.end();
      },
    );
    try {
      for await (const event of this.#events)
        yield event.case === "step" ? { case: "progress", value: this.#steps.take(event.value) } : event;
      if (failure) throw failure;
      if (this.#loss) throw this.#loss;
    } finally {
      this.end();
      await done;
    }
  }

  async #addressOf(endpoint: LeaseEndpoint): Promise<LeaseAddress> {
    const { address } = endpoint;
    this.#streams.use((signal) => endpoint.open(signal));
    if (address && (this.socketPath || address.case !== "unix")) return address;
    await this.#streams.probe();
    this.signal.throwIfAborted();
    if (!this.socketPath) return { case: "tunnel", value: {} };
    this.#socket ??= RelaySocket.listen(this.socketPath, this.#streams);
    const { path } = await this.#socket;
    return { case: "unix", value: { path } };
  }

  #logLate(cause: unknown): void {
    if (cause === this.signal.reason || (cause as Error)?.name === "AbortError") return;
    log.warn("Releasing a lease failed", { lease: this.context.leaseId, error: cause });
  }
}

function endedEarly(): ConnectError {
  const message = "The driver ended the lease without a reason.";
  return driverError({ code: Code.Internal, reason: "DRIVER_FAULT", message });
}
