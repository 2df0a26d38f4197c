import type { Duplex } from "node:stream";
import type { MessageInitShape } from "@bufbuild/protobuf";
import type { RegistryCredential } from "../gen/slipway/common/v1/credential_pb.js";
import type { EndpointSchema, LeaseContext } from "../gen/slipway/driver/v1/driver_pb.js";
import type { ProgressCall } from "./call.js";

/** How the host connects to BuildKit, for example `{ case: "unix", value: { path } }`. */
export type LeaseAddress = NonNullable<MessageInitShape<typeof EndpointSchema>["address"]>;

/** Where the BuildKit of a lease is reached. */
export interface LeaseEndpoint {
  /**
   * Opens one raw byte stream to BuildKit. The signal covers only the opening. The SDK then owns the stream: it
   * half-closes it (`allowHalfOpen`) and destroys it.
   */
  open(signal: AbortSignal): Promise<Duplex>;
  /** Where the host can connect without the plugin. Default: a socket of the SDK, which leads to {@link open}. */
  address?: LeaseAddress;
  /** The host opens no connection after this time. Default: the endpoint is valid for the life of the lease. */
  expireTime?: Date;
  /**
   * A new lease would lead to the same BuildKit. So the host may keep this one for some seconds after a build, for the
   * next build with the same configuration, principal, platforms and affinity key. Default: false.
   */
  reusable?: boolean;
}

/** Announces that a lease will end. */
export interface Draining {
  /** Stable name in UPPER_SNAKE_CASE. */
  reason: string;
  /** For people: a sentence. */
  message: string;
  /** When the lease ends at the latest; absent when the driver waits for the release. */
  endTime?: Date;
}

/**
 * A lease of a node's BuildKit. Its signal aborts when the host releases the lease or dies, or when the plugin ends; the
 * driver then deletes what belongs to the lease.
 */
export interface Lease extends ProgressCall {
  /** Who wants the lease and what for. */
  readonly context: LeaseContext;
  /** Logins for pulling images, by registry host; those of the status's `imageRegistries`. */
  readonly credentials: Record<string, RegistryCredential>;
  /** Resolves when the signal aborts. */
  readonly released: Promise<void>;
  /**
   * Gives the host an endpoint: the first one makes the lease usable, later ones renew it. Without an address it opens a
   * stream first, and rejects as that does.
   */
  offer(endpoint: LeaseEndpoint): Promise<void>;
  /** Offers an endpoint and resolves after the release: all that a driver does that creates nothing for a lease. */
  hold(endpoint: LeaseEndpoint): Promise<void>;
  /** Tells the host to start no new work on this lease, and the watchers of a build that runs on it why and until when. */
  drain(draining: Draining): void;
}
