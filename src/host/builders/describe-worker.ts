import { create } from "@bufbuild/protobuf";
import type { WorkerRecord } from "../../gen/moby/buildkit/v1/types/worker_pb.js";
import { type Worker, WorkerSchema } from "../../gen/slipway/v1/builder_pb.js";
import { platformName } from "../nodes/platform-name.js";
import { durationOf } from "./duration.js";

/** Translates BuildKit's record of a worker. */
export function describeWorker(worker: WorkerRecord): Worker {
  return create(WorkerSchema, {
    id: worker.id,
    labels: worker.labels,
    platforms: worker.platforms.map(platformName),
    gcPolicies: worker.gcPolicy.map((policy) => ({
      all: policy.all,
      filters: policy.filters,
      keepDuration: durationOf(policy.keepDuration),
      reservedSpaceBytes: policy.reservedSpace,
      maxUsedSpaceBytes: policy.maxUsedSpace,
      minFreeSpaceBytes: policy.minFreeSpace,
    })),
    devices: worker.cdiDevices.map(({ name, autoAllow, onDemand, annotations }) => ({
      name,
      autoAllow,
      onDemand,
      annotations,
    })),
  });
}
