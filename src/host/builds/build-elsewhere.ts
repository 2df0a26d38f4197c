import { Code, type ConnectError } from "@connectrpc/connect";
import { typedError } from "../../errors/typed-error.js";

/** FAILED_PRECONDITION, reason BUILD_ELSEWHERE: only the host that runs a build has its outputs and processes. */
export function buildElsewhere(id: string, host = ""): ConnectError {
  return typedError({
    code: Code.FailedPrecondition,
    reason: "BUILD_ELSEWHERE",
    message: `Build ${id} runs on another host${host && `, ${host}`}, which alone has its outputs and processes.`,
    remedy: "Call that host.",
    metadata: { host },
  });
}
