import type { BuildSpec } from "../../../gen/slipway/build/v1/build_spec_pb.js";
import type { Diagnostic } from "../../../gen/slipway/common/v1/diagnostic_pb.js";
import type { Features } from "./features.js";

/** Warnings about limits of RUN steps that a node does not apply. */
export function runLimitWarnings({ shmSizeBytes, ulimits }: BuildSpec, features: Features): Diagnostic[] {
  return [
    shmSizeBytes > 0n && features.withoutEffect("shm-size", "spec.shm_size_bytes", "The size of /dev/shm"),
    ulimits.length > 0 && features.withoutEffect("ulimits", "spec.ulimits", "A limit of RUN steps"),
  ].filter((found) => !!found);
}
