import type { HandlerContext } from "@connectrpc/connect";
import { callerOf, principalOf, requireLocal } from "../access/caller.js";
import { readTraceContext } from "../base/trace-context.js";
import type { BuildCaller } from "../builds/build-caller.js";

/** Who starts builds with a call. */
export function buildCaller(context: HandlerContext): BuildCaller {
  return {
    principal: principalOf(context),
    isLocal: callerOf(context).transport === "unix",
    requireLocal: (field) => requireLocal(context, field),
    trace: readTraceContext(context.requestHeader),
  };
}
