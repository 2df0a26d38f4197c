import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { fromBinary } from "@bufbuild/protobuf";
import { Code } from "@connectrpc/connect";
import { invalidField, typedError } from "../errors/typed-error.js";
import { type PlanBakeResponse, PlanBakeResponseSchema } from "../gen/slipway/v1/bake_pb.js";
import { packageRoot } from "../util/package-root.js";
import type { PlanInput } from "./plan-bake.js";

/** How long a plan may take, in milliseconds. */
const planMs = 30_000;

/** What the thread sends back. */
export type WorkerAnswer =
  | { response: Uint8Array }
  | { invalid: string }
  | { tooLarge: string }
  | { unavailable: string }
  | { failed: string };

/**
 * Plans in a thread of its own, with limits of time and memory: definition files are programs. INVALID_ARGUMENT, reason
 * BAKE_INVALID; FAILED_PRECONDITION, reason BAKE_PARSER_MISSING; and RESOURCE_EXHAUSTED, reason BAKE_TOO_LARGE. The thread has ended by then.
 */
export async function planInWorker(input: PlanInput, signal: AbortSignal): Promise<PlanBakeResponse> {
  signal.throwIfAborted();
  const worker = new Worker(join(packageRoot(), "dist", "bake-worker.js"), {
    workerData: input,
    resourceLimits: { maxOldGenerationSizeMb: 1024 },
  });
  const ended = new Promise<WorkerAnswer>((resolve, reject) => {
    const limit = setTimeout(() => resolve({ tooLarge: "it takes more than 30 seconds" }), planMs);
    worker.once("message", resolve);
    worker.once("error", (cause: NodeJS.ErrnoException) =>
      cause.code === "ERR_WORKER_OUT_OF_MEMORY" ? resolve({ tooLarge: cause.message }) : reject(cause),
    );
    worker.once("exit", () => {
      clearTimeout(limit);
      resolve({ failed: "The thread ended without an answer." });
    });
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
  try {
    const answer = await ended;
    if ("response" in answer) return fromBinary(PlanBakeResponseSchema, answer.response);
    if ("invalid" in answer) throw invalidField("files", "BAKE_INVALID", answer.invalid);
    if ("unavailable" in answer)
      throw typedError({
        code: Code.FailedPrecondition,
        reason: "BAKE_PARSER_MISSING",
        message: `The host has no parser of HCL: ${answer.unavailable}.`,
        remedy: "Install Slipway again, with the packages that it needs.",
      });
    if ("failed" in answer) throw new Error(answer.failed);
    throw typedError({
      code: Code.ResourceExhausted,
      reason: "BAKE_TOO_LARGE",
      message: `The definition cannot be evaluated: ${answer.tooLarge}.`,
      remedy: "Look for loops over very many values.",
    });
  } finally {
    await worker.terminate();
  }
}
