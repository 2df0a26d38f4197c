import { Code, type ConnectError } from "@connectrpc/connect";
import { typedError } from "../../errors/typed-error.js";
import { hasRole, type Principal, type Role } from "./principal.js";
import { callsOfOneBuild, rules } from "./rules.js";

/** The properties of a caller that determine its permissions. */
export interface Subject {
  principal: Principal;
  /** Whether it is on the host's machine, that is, on the unix socket. */
  isLocal: boolean;
}

/** What an operator allows on a host. */
export interface Policy {
  /** Admins on other machines may change builders and plugins. */
  allowRemoteAdmin: boolean;
}

/**
 * Decides on a call of `<service>/<method>`. Returns why it is refused, or undefined: PERMISSION_DENIED with the
 * reasons ROLE_MISSING, TOKEN_FOR_ONE_BUILD, ROLE_REQUIRED, REMOTE_ADMIN_OFF and LOCAL_ONLY. A method without a rule is
 * refused.
 */
export function refusalOf(
  method: string,
  { principal, isLocal }: Subject,
  policy: Policy,
): ConnectError | undefined {
  const { role, remote } = rules[method] ?? { role: "admin" as const, remote: "never" as const };
  if (role === "anyone") return undefined;
  if (principal.role === undefined) return roleMissing(principal);
  if (principal.build !== undefined && !callsOfOneBuild.has(method)) return tokenForOneBuild(method);
  if (!hasRole(principal, role)) return roleRequired(method, role, principal.role);
  if (isLocal || remote === "yes") return undefined;
  if (remote === "never") return localOnly(method);
  return policy.allowRemoteAdmin ? undefined : remoteAdminOff(method);
}

/**
 * Decides on an open call whose caller has other rights than when it began, and may still call the method. Returns
 * ABORTED, reason ACCESS_CHANGED, when it reaches less now: what others created, or builders that are limited to a group.
 */
export function reductionOf(method: string, before: Principal, now: Principal): ConnectError | undefined {
  const { reach } = rules[method] ?? { reach: "same for all" };
  if (reach === "same for all" || maySeeAll(now)) return undefined;
  const hasLeft = before.groups.some((group) => !now.groups.includes(group));
  if (!maySeeAll(before) && !(reach === "allowed builders" && hasLeft)) return undefined;
  return typedError({
    code: Code.Aborted,
    reason: "ACCESS_CHANGED",
    message: `${now.id} lost a role or a group while ${nameOf(method)} was open.`,
    remedy: "Call again; the new rights apply.",
  });
}

/** Refuses a request whose field needs a role; PERMISSION_DENIED, reason ROLE_REQUIRED. */
export function requireRole(principal: Principal, role: Role, field: string): void {
  if (!hasRole(principal, role)) throw roleRequired(field, role, principal.role);
}

/** Whether a principal may see what all others created. */
export function maySeeAll(principal: Principal): boolean {
  return hasRole(principal, "admin");
}

/** Whether a principal may see a build, by its owner and its id. */
export function maySeeBuild(principal: Principal, { owner, id }: { owner: string; id: string }): boolean {
  return maySee(principal, owner) && (principal.build === undefined || principal.build === id);
}

/** Whether a principal may see what another one created. */
export function maySee(principal: Principal, owner: string): boolean {
  return maySeeAll(principal) || principal.id === owner;
}

/**
 * Whether a principal may use a builder.
 * @param allowed ids of principals, and "group:<name>" for all of a group; empty for everyone
 */
export function mayUse(principal: Principal, allowed: readonly string[]): boolean {
  if (allowed.length === 0 || hasRole(principal, "admin")) return true;
  const groups = principal.groups.map((group) => `group:${group}`);
  return [principal.id, ...groups].some((title) => allowed.includes(title));
}

const nameOf = (method: string) => method.slice(method.lastIndexOf("/") + 1);

function roleMissing(principal: Principal): ConnectError {
  return typedError({
    code: Code.PermissionDenied,
    reason: "ROLE_MISSING",
    message: `${principal.id} has no role on this host.`,
    remedy: "Ask the host's operator to list it in the access file with a role.",
  });
}

function tokenForOneBuild(method: string): ConnectError {
  return typedError({
    code: Code.PermissionDenied,
    reason: "TOKEN_FOR_ONE_BUILD",
    message: `${nameOf(method)} is not allowed with a token for one build.`,
    remedy: "Call with a token that is not limited to a build.",
  });
}

function roleRequired(method: string, needed: Role, role: Role | undefined): ConnectError {
  return typedError({
    code: Code.PermissionDenied,
    reason: "ROLE_REQUIRED",
    message: `${nameOf(method)} needs the role ${needed}; the caller has the role ${role}.`,
    metadata: { required: needed, role: role ?? "" },
    remedy: `Call with a token or certificate that has the role ${needed}.`,
  });
}

function remoteAdminOff(method: string): ConnectError {
  return typedError({
    code: Code.PermissionDenied,
    reason: "REMOTE_ADMIN_OFF",
    message: `${nameOf(method)} is not allowed over TCP on this host.`,
    remedy: "Call over the host's unix socket, or start the host with remote administration allowed.",
  });
}

function localOnly(method: string): ConnectError {
  return typedError({
    code: Code.PermissionDenied,
    reason: "LOCAL_ONLY",
    message: `${nameOf(method)} is only for clients on the host's unix socket.`,
    remedy: "Call over the unix socket.",
  });
}
