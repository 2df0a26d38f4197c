import { Code } from "@connectrpc/connect";
import { typedError } from "../../../errors/typed-error.js";
import type { Diagnostic } from "../../../gen/slipway/common/v1/diagnostic_pb.js";
import type { NodeStatus } from "../../../gen/slipway/driver/v1/node_pb.js";
import { withPeriod } from "../../../util/with-period.js";
import { warning } from "../warning.js";

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
    const { why, remedy } = this.#lacking(id);
    throw unsupported(field, withPeriod(`${wanted} cannot be used: ${why}`), remedy, { feature: id });
  }

  /**
   * The warning that a field has no effect on this node; undefined when the node supports the feature.
   * @param wanted what the user requested, for the message: "The size of /dev/shm"
   */
  withoutEffect(id: string, field: string, wanted: string): Diagnostic | undefined {
    if (this.has(id)) return undefined;
    const { why, remedy } = this.#lacking(id);
    return warning(field, "FEATURE_UNSUPPORTED", withPeriod(`${wanted} has no effect: ${why}`), remedy);
  }

  /** Why a feature is not supported, and what to do to get it. */
  #lacking(id: string): { why: string; remedy: string | undefined } {
    const feature = this.#status.features.find((candidate) => candidate.id === id);
    const why = feature?.message || `the ${this.#driver} driver does not support it here`;
    return { why, remedy: feature?.remedy };
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
