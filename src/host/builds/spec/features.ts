import { Code } from "@connectrpc/connect";
import { typedError } from "../../../errors/typed-error.js";
import type { NodeStatus } from "../../../gen/slipway/driver/v1/node_pb.js";

/** What one node can do, as its driver read it off the live instance. */
export class Features {
  readonly #driver: string;
  readonly #status: NodeStatus;

  constructor(driver: string, status: NodeStatus) {
    this.#driver = driver;
    this.#status = status;
  }

  /** Whether the node can do it. A feature that the driver does not mention is BuildKit's own, so it is there. */
  has(id: string): boolean {
    return this.#status.features.find((feature) => feature.id === id)?.supported ?? true;
  }

  /**
   * Throws FAILED_PRECONDITION, reason FEATURE_UNSUPPORTED, with the driver's reason and remedy.
   * @param wanted what the user asked for, for the message: "output type oci"
   */
  require(id: string, field: string, wanted: string): void {
    if (this.has(id)) return;
    const feature = this.#status.features.find((candidate) => candidate.id === id);
    const why = feature?.reason || `the ${this.#driver} driver does not support it here`;
    throw unsupported(field, `${wanted} cannot be used: ${why}`, feature?.remedy, { feature: id });
  }
}

/** FAILED_PRECONDITION about something that a node cannot do. */
export function unsupported(
  field: string,
  message: string,
  remedy?: string,
  metadata: Record<string, string> = {},
) {
  return typedError({
    code: Code.FailedPrecondition,
    reason: "FEATURE_UNSUPPORTED",
    message,
    remedy: remedy || "use another builder",
    fields: [{ field, message, reason: "FEATURE_UNSUPPORTED" }],
    metadata,
  });
}
