import type { Progress } from "../../gen/slipway/common/v1/progress_pb.js";

/** Receives the steps of a node's boot. */
export type OnProgress = (progress: Progress) => void;
