import { randomUUID } from "node:crypto";
import { EventEmitter, once } from "node:events";
import type { Duplex } from "node:stream";
import type { MessageInitShape } from "@bufbuild/protobuf";
import { timestampMs } from "@bufbuild/protobuf/wkt";
import { type Client, Code, ConnectError } from "@connectrpc/connect";
import { type BuildkitClient, connectBuildkit } from "../buildkit/client.js";
import { typedError } from "../errors/typed-error.js";
import type { RegistryCredential } from "../gen/slipway/common/v1/credential_pb.js";
import type { Progress } from "../gen/slipway/common/v1/progress_pb.js";
import type { DriverDescriptor } from "../gen/slipway/driver/v1/descriptor_pb.js";
import type {
  AcquireResponse,
  DriverService,
  Endpoint,
  LeaseContextSchema,
} from "../gen/slipway/driver/v1/driver_pb.js";
import type { NodeConfig } from "../gen/slipway/driver/v1/node_pb.js";
import type { RefuseAddress } from "../network/guarded-lookup.js";
import { untilAborted } from "../util/until-aborted.js";
import { withTimeout } from "../util/with-timeout.js";
import type { ConnectOptions } from "./connect-endpoint.js";
import { drainingError, endedEarly, lossOf } from "./lease-errors.js";
import { authorityOf, openDirect } from "./open-endpoint.js";
import { openTunnel } from "./tunnel.js";

/** How long a connection waits for the renewal of an expired endpoint, in milliseconds. */
const renewalMs = 10_000;

/** A driver whose nodes can be leased. */
export interface LeasingDriver {
  readonly descriptor: DriverDescriptor;
  /** Calls the driver's plugin. */
  readonly driver: Client<typeof DriverService>;
  /** Streams through the plugin may be silent for any time: it may be at a breakpoint. Default: false. */
  readonly isAttached?: boolean;
}

/** What a lease is for; its id is made here. */
export type LeasePlan = Omit<MessageInitShape<typeof LeaseContextSchema>, "leaseId" | "$typeName">;

/** How a lease is acquired. The signal covers only the acquisition. */
export interface AcquireOptions {
  /** Logins for pulling images, by registry host. Default: none. */
  credentials?: Record<string, RegistryCredential>;
  signal?: AbortSignal;
  /** Receives the steps before the first endpoint. */
  onProgress?(progress: Progress): void;
  /** Refuses addresses for the connections that are made without the plugin. Default: none is refused. */
  refuse?: RefuseAddress;
}

interface LeaseStart extends Required<Pick<AcquireOptions, "credentials" | "onProgress">> {
  config: NodeConfig;
  plan: LeasePlan;
}

/** A lease of a node's BuildKit. Owns its connections. The owner releases it once on every path. */
export class Lease {
  readonly id = randomUUID();
  readonly #call = new AbortController();
  readonly #lost = new AbortController();
  readonly #draining = new AbortController();
  readonly #changes = new EventEmitter();
  readonly #connections = new Set<Duplex>();
  #endpoint: Endpoint | undefined;
  /** When the endpoint expires, on the clock of `performance.now()`, which nobody sets. */
  #expiresAt = Number.POSITIVE_INFINITY;

  private constructor(
    private readonly plugin: LeasingDriver,
    private readonly refuse: RefuseAddress | undefined,
  ) {}

  /** Acquires a lease; fails with the driver's reason when BuildKit cannot be reached. */
  static async acquire(
    plugin: LeasingDriver,
    config: NodeConfig,
    plan: LeasePlan,
    {
      credentials = {},
      signal = new AbortController().signal,
      onProgress = () => {},
      refuse,
    }: AcquireOptions = {},
  ): Promise<Lease> {
    const lease = new Lease(plugin, refuse);
    try {
      await untilAborted(lease.#start({ config, credentials, plan, onProgress }), signal);
      return lease;
    } catch (cause) {
      lease.release();
      throw cause;
    }
  }

  /** Aborts when the driver or its plugin ended the lease; the reason is a typed error. */
  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  /** Aborts when the driver announces that it will end the lease, so that no new work may start; the reason is a typed error. */
  get draining(): AbortSignal {
    return this.#draining.signal;
  }

  /** The driver lets the host keep the lease for further work, and it can still be used. */
  get isReusable(): boolean {
    const { reusable } = this.#endpoint!;
    return reusable && !this.#isExpired && !this.#call.signal.aborted && !this.draining.aborted;
  }

  get #isExpired(): boolean {
    return this.#expiresAt <= performance.now();
  }

  /** Opens one byte stream to BuildKit. */
  async open(how: Pick<ConnectOptions, "allowHalfOpen"> = {}): Promise<Duplex> {
    const { address } = await this.#validEndpoint();
    const { descriptor, driver } = this.plugin;
    if (!address.case) throw endedEarly(descriptor.name, "sent an endpoint of an unknown kind");
    const stream =
      address.case === "tunnel"
        ? await openTunnel(driver, { driver: descriptor.name, leaseId: this.id })
        : await openDirect(address, { ...how, refuse: this.refuse });
    this.#connections.add(stream);
    stream.once("close", () => this.#connections.delete(stream));
    // It may have ended meanwhile.
    if (this.#call.signal.aborted) stream.destroy();
    return stream;
  }

  /** A client of the lease's BuildKit; the first call opens its connection. */
  connect(): BuildkitClient {
    return connectBuildkit(() => this.open(), {
      host: authorityOf(this.#endpoint!.address),
      isPatient: this.plugin.isAttached,
    });
  }

  /** Ends the lease and its connections. Further calls do nothing. */
  release(): void {
    this.#end(new ConnectError("The lease was released.", Code.Canceled));
  }

  /** Resolves with the first endpoint. Rejects when the call ends before. */
  async #start({ config, credentials, plan, onProgress }: LeaseStart): Promise<void> {
    const { descriptor, driver } = this.plugin;
    const context = { ...plan, leaseId: this.id };
    const request = { driver: descriptor.name, config, context, credentials };
    const responses = driver.acquire(request, { signal: this.#call.signal });
    const iterator = responses[Symbol.asyncIterator]();
    while (!this.#endpoint) {
      const { done, value } = await iterator.next();
      if (done) throw endedEarly(descriptor.name, "ended the lease before its first endpoint");
      if (value.event.case === "progress") onProgress(value.event.value);
      else this.#receive(value);
    }
    void this.#follow(iterator);
  }

  async #follow(responses: AsyncIterator<AcquireResponse>): Promise<void> {
    const { name } = this.plugin.descriptor;
    try {
      for (;;) {
        const { done, value } = await responses.next();
        if (done) throw endedEarly(name, "ended the lease without a reason");
        this.#receive(value);
      }
    } catch (cause) {
      if (this.#call.signal.aborted) return;
      const loss = lossOf(cause, name);
      this.#lost.abort(loss);
      this.#end(loss, loss);
    }
  }

  #receive({ event }: AcquireResponse): void {
    if (event.case === "draining") this.#draining.abort(drainingError(event.value));
    if (event.case !== "endpoint") return;
    const { expireTime } = event.value;
    this.#endpoint = event.value;
    this.#expiresAt = expireTime
      ? performance.now() + timestampMs(expireTime) - Date.now()
      : Number.POSITIVE_INFINITY;
    this.#changes.emit("endpoint");
  }

  /** The latest endpoint. Waits for a renewal when it has expired. */
  async #validEndpoint(): Promise<Endpoint> {
    this.#call.signal.throwIfAborted();
    if (!this.#isExpired) return this.#endpoint!;
    try {
      await withTimeout(renewalMs, this.#call.signal, (signal) =>
        once(this.#changes, "endpoint", { signal }),
      );
    } catch {
      this.#call.signal.throwIfAborted();
      throw typedError({
        code: Code.Unavailable,
        reason: "ENDPOINT_EXPIRED",
        message: `The driver ${this.plugin.descriptor.name} has not renewed the endpoint of a lease in time.`,
        remedy: "Retry.",
      });
    }
    return this.#validEndpoint();
  }

  #end(reason: ConnectError, loss?: ConnectError): void {
    this.#call.abort(reason);
    for (const connection of this.#connections) connection.destroy(loss);
  }
}
