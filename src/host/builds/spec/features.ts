import { Code } from "@connectrpc/connect";
import { typedError } from "../../../errors/typed-error.js";
import type { NodeStatus } from "../../../gen/slipway/driver/v1/node_pb.js";
import { withPeriod } from "../../../util/with-period.js";

/** What one node supports, as its driver read from the live instance. */
export class Features {
  readonly #driver: string;
  readonly #status: NodeStatus;

  constructor(driver: string, status: NodeStatus) {
    this.#driver = driver;
    this.#status = status;
  }

  /** Whether the node supports a feature. Every BuildKit has those that the driver does not mention. */
  has(id: string): boolean {
    return this.#status.features.find((feature) => feature.id === id)?.supported ?? true;
  }

  /**
   * Throws FAILED_PRECONDITION, reason FEATURE_UNSUPPORTED, with the driver's reason and remedy.
   * @param wanted what the user requested, for the message: "Output type oci"
   */
  require(id: string, field: string, wanted: string): void {
    if (this.has(id)) return;
    const feature = this.#status.features.find((candidate) => candidate.id === id);
    const why = feature?.message || `the ${this.#driver} driver does not support it here`;
    const message = withPeriod(`${wanted} cannot be used: ${why}`);
    throw unsupported(field, message, feature?.remedy, { feature: id });
  }
}

/** FAILED_PRECONDITION, reason FEATURE_UNSUPPORTED, about a field. */
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
    remedy: remedy || "Use another builder.",
    fields: [{ field, message, reason: "FEATURE_UNSUPPORTED" }],
    metadata,
  });
}
