import { Code, type HandlerContext, type ServiceImpl } from "@connectrpc/connect";
import { typedError } from "../../errors/typed-error.js";
import {
  type HealthCheckRequest,
  type Health as HealthService,
  HealthCheckResponse_ServingStatus as Status,
} from "../../gen/grpc/health/v1/health_pb.js";
import { whenAborted } from "../../util/when-aborted.js";

/** The gRPC health service: SERVING for the server ("") and each of its services until the server stops. */
export class Health implements ServiceImpl<typeof HealthService> {
  #services: ReadonlySet<string>;
  #stopping = new AbortController();

  /** @param services full names of the services */
  constructor(services: Iterable<string>) {
    this.#services = new Set(["", ...services]);
  }

  /** Reports NOT_SERVING from now on. */
  stop(): void {
    this.#stopping.abort();
  }

  /** Returns the status; NOT_FOUND for an unknown service. */
  check({ service }: HealthCheckRequest) {
    const status = this.#status(service);
    if (status !== Status.SERVICE_UNKNOWN) return { status };
    throw typedError({
      code: Code.NotFound,
      reason: "SERVICE_UNKNOWN",
      message: `The host has no service "${service}".`,
      remedy: "Use one of the services that reflection lists, or the empty name.",
    });
  }

  /** Streams the status and its changes until the client or the server ends the call. */
  async *watch({ service }: HealthCheckRequest, { signal }: Pick<HandlerContext, "signal">) {
    yield { status: this.#status(service) };
    if (!this.#stopping.signal.aborted) {
      await whenAborted(AbortSignal.any([signal, this.#stopping.signal]));
      if (this.#services.has(service) && !signal.aborted) yield { status: Status.NOT_SERVING };
    }
    await whenAborted(signal);
  }

  #status(service: string): Status {
    if (!this.#services.has(service)) return Status.SERVICE_UNKNOWN;
    return this.#stopping.signal.aborted ? Status.NOT_SERVING : Status.SERVING;
  }
}
