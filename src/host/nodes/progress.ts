import type { Progress } from "../../gen/slipway/driver/v1/driver_pb.js";

/** Receives the steps of a node's boot. */
export type OnProgress = (progress: Progress) => void;
