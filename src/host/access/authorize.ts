import { Code, type ConnectError } from "@connectrpc/connect";
import { invalidField, typedError } from "../../errors/typed-error.js";
import { hasRole, hasRoleIn, includes, type Principal, type Role } from "./principal.js";
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
 * ABORTED, reason ACCESS_CHANGED, when it reaches less now: what others created, a project, or builders that are limited
 * to a group or to a class of trust.
 */
export function reductionOf(method: string, before: Principal, now: Principal): ConnectError | undefined {
  const { role, reach } = rules[method] ?? { role: "admin", reach: "same for all" };
  if (reach === "same for all" || maySeeAll(now)) return undefined;
  const hasLeft = before.groups.some((group) => !now.groups.includes(group));
  const isLess = [...(before.projects ?? [])].some(
    ([project, had]) => !hasRoleIn(now, project, role === "viewer" ? role : had),
  );
  const isOther = hasLeft || before.isUntrusted !== now.isUntrusted;
  if (!maySeeAll(before) && !isLess && !(reach === "allowed builders" && isOther)) return undefined;
  return typedError({
    code: Code.Aborted,
    reason: "ACCESS_CHANGED",
    message: `${now.id} lost a role, a project, a group or trust while ${nameOf(method)} was open.`,
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

/** What decides who may see a build. */
export interface OwnedBuild {
  readonly id: string;
  /** Id of the principal that started it. */
  readonly owner: string;
  /** The project that it belongs to; empty for none. */
  readonly project: string;
}

/** Whether a principal may see a build: that of a project is for its members, any other for its owner, and all are for admins. */
export function maySeeBuild(principal: Principal, { id, owner, project }: OwnedBuild): boolean {
  if (principal.build !== undefined && principal.build !== id) return false;
  return project ? maySeeAll(principal) || hasRoleIn(principal, project, "viewer") : maySee(principal, owner);
}

/**
 * Refuses a principal that may see a build, and not cancel it or read its outputs: PERMISSION_DENIED, reason ROLE_REQUIRED.
 * In a project builders may do that with their own builds, and admins with all.
 * @param what the method or the field that needs it
 */
export function requireChange(principal: Principal, { owner, project }: OwnedBuild, what: string): void {
  const needed = principal.id === owner ? "builder" : "admin";
  if (hasRole(principal, "admin") || includes(roleFor(principal, project), needed)) return;
  throw roleRequired(what, needed, roleFor(principal, project), project);
}

/** The role that counts for what belongs to a project, or to none. */
function roleFor(principal: Principal, project: string): Role | undefined {
  return project ? principal.projects?.get(project) : principal.role;
}

/**
 * The project that a new build belongs to: the one that is given, or the only one of the principal; empty for a principal
 * without projects. INVALID_ARGUMENT, reason PROJECT_MISSING; NOT_FOUND, reason PROJECT_UNKNOWN; PERMISSION_DENIED, reason
 * ROLE_REQUIRED.
 */
export function projectFor(principal: Principal, given: string): string {
  const { projects } = principal;
  if (!projects) return "";
  const own = [...projects.keys()].filter((name) => hasRoleIn(principal, name, "builder"));
  const names = `Name one of: ${own.join(", ")}.`;
  if (!given && own.length === 1) return own[0]!;
  if (!given)
    throw invalidField("spec.project", "PROJECT_MISSING", "The caller has more than one project.", names);
  if (!projects.has(given)) {
    const message = `There is no project ${JSON.stringify(given)}.`;
    const fields = [{ field: "spec.project", message }];
    throw typedError({ code: Code.NotFound, reason: "PROJECT_UNKNOWN", message, fields, remedy: names });
  }
  if (!own.includes(given)) throw roleRequired("spec.project", "builder", projects.get(given), given);
  return given;
}

/** A principal as far as a build of a project reaches: its other projects open no builders to it. */
export function inProject(principal: Principal, project: string): Principal {
  if (!principal.projects) return principal;
  const role = principal.projects.get(project);
  return { ...principal, projects: new Map(role && [[project, role]]) };
}

/** Whether a principal may see what another one created. */
export function maySee(principal: Principal, owner: string): boolean {
  return maySeeAll(principal) || principal.id === owner;
}

/**
 * Whether a principal may use a builder.
 * @param allowed ids of principals, "group:<name>" for all of a group, and "project:<name>" for the builders of a project;
 *   empty for everyone
 */
export function mayUse(principal: Principal, allowed: readonly string[]): boolean {
  if (allowed.length === 0 || hasRole(principal, "admin")) return true;
  const groups = principal.groups.map((group) => `group:${group}`);
  const projects = [...(principal.projects?.keys() ?? [])]
    .filter((name) => hasRoleIn(principal, name, "builder"))
    .map((name) => `project:${name}`);
  return [principal.id, ...groups, ...projects].some((title) => allowed.includes(title));
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

function roleRequired(method: string, needed: Role, role: Role | undefined, project = ""): ConnectError {
  const where = project && ` in the project ${project}`;
  return typedError({
    code: Code.PermissionDenied,
    reason: "ROLE_REQUIRED",
    message: `${nameOf(method)} needs the role ${needed}${where}; the caller has ${role ? `the role ${role}` : "none"}.`,
    metadata: { required: needed, role: role ?? "", ...(project && { project }) },
    remedy: `Call with a token or certificate that has the role ${needed}${where}.`,
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
