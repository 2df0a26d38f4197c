import { type CallContext, callerOf, principalOf } from "./caller.js";
import type { Principal } from "./principal.js";

/** The variables of the user's environment that a driver, or the host itself, asked for. */
export type Environment = Record<string, string>;

/** The user of a call. Which builders exist depends on the user's environment. */
export interface User {
  environment: Environment;
  /** The user is on the host's machine, so the host may follow paths in the environment. */
  isLocal: boolean;
  /** Which builders the user may use depends on it. */
  principal: Principal;
}

/** The user of a call that passes on an environment. */
export function userOf(environment: Environment, context: CallContext): User {
  return { environment, isLocal: callerOf(context).transport === "unix", principal: principalOf(context) };
}

/** The variables that a driver declared. A driver never gets the secrets that another one asked for. */
export function pickVariables(environment: Environment, names: readonly string[]): Environment {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => names.includes(name)));
}
