import { parentPort, workerData } from "node:worker_threads";
import { toBinary } from "@bufbuild/protobuf";
import { PlanBakeResponseSchema } from "../gen/slipway/v1/bake_pb.js";
import { BakeError } from "./bake-error.js";
import { ParserMissing } from "./hcl/parse-wasm.js";
import { type PlanInput, planBake } from "./plan-bake.js";
import type { WorkerAnswer } from "./plan-in-worker.js";
import { planResponse } from "./plan-response.js";

/** Plans what the thread was started with, and answers with the encoded response or what is wrong. */
async function answer(): Promise<WorkerAnswer> {
  try {
    const response = planResponse(await planBake(workerData as PlanInput));
    return { response: toBinary(PlanBakeResponseSchema, response) };
  } catch (cause) {
    if (cause instanceof BakeError) return { invalid: cause.message };
    if (cause instanceof ParserMissing) return { unavailable: cause.message };
    if (cause instanceof RangeError) return { tooLarge: cause.message };
    return { failed: String((cause as Error)?.stack ?? cause) };
  }
}

parentPort!.postMessage(await answer());
