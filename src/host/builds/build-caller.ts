import type { Principal } from "../access/principal.js";
import type { TraceContext } from "../base/trace-context.js";

/** Who starts a build. */
export interface BuildCaller {
  /** Whom the build will belong to. */
  principal: Principal;
  /** The client is on the unix socket, so it may name paths of this machine. */
  isLocal: boolean;
  /** Throws PERMISSION_DENIED that names the field, unless the client is local. */
  requireLocal(field: string): void;
  /** The caller's span, if it has one. */
  trace?: TraceContext;
}
