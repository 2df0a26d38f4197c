/** What a principal may do; each role includes those before it. */
export const roles = ["viewer", "builder", "admin"] as const;

/** See {@link roles}. */
export type Role = (typeof roles)[number];

/** Names of projects, and a role in each. */
export type ProjectRoles = ReadonlyMap<string, Role>;

/**
 * Whether the code that a principal builds is trusted. The builds of the two classes share no builder, so that neither
 * finds in a build cache what the other one left.
 */
export const trustClasses = ["trusted", "untrusted"] as const;

/** See {@link trustClasses}. */
export type Trust = (typeof trustClasses)[number];

/** What an entry of a file grants: a role on the host, or roles in projects. */
export interface Grants {
  role?: Role;
  projects?: ProjectRoles;
  groups: string[];
  /** Default: trusted. */
  trust?: Trust;
}

/** Who makes a call. */
export interface Principal {
  /** Unique: "local", "token:<name>", "certificate:<subject's common name>" or "oidc:<rule>:<name>". Builds and uploads belong to it. */
  readonly id: string;
  /**
   * On the host. In projects it is "builder" or "viewer": an admin of a project does not administer the host. Undefined for
   * one that was authenticated and has no role here: it may call nothing.
   */
  readonly role: Role | undefined;
  /** Groups, by which builders can be limited; without a prefix. */
  readonly groups: readonly string[];
  /** Its projects: its builds belong to one of them. Undefined for one without, whose builds are its own. */
  readonly projects?: ProjectRoles;
  /** Its builds run on builders for untrusted builds only. It is no admin of the host. */
  readonly isUntrusted?: boolean;
  /** Id of the only build that it may watch and cancel, by a token for that; undefined for all that its role allows. */
  readonly build?: string;
}

/** The host's own user, who alone can open its unix socket. */
export const localPrincipal: Principal = { id: "local", role: "admin", groups: [] };

/** Who makes a call that needs no credentials, if it has none that count: quotas are for each address, or network of IPv6. */
export function anonymousAt(address: string): Principal {
  return { id: `anonymous:${address}`, role: undefined, groups: [] };
}

/** The principal with this id that has what an entry grants; without an entry, it may call nothing. */
export function granted(id: string, { role, projects, groups, trust }: Grants = { groups: [] }): Principal {
  const isBuilder = [...(projects?.values() ?? [])].some((each) => includes(each, "builder"));
  const isUntrusted = trust === "untrusted" || undefined;
  return { id, role: projects ? (isBuilder ? "builder" : "viewer") : role, groups, projects, isUntrusted };
}

/** Whether a principal has a role on the host, or one that includes it. */
export function hasRole(principal: Principal, role: Role): boolean {
  return includes(principal.role, role);
}

/** Whether a principal has a role in a project, or one that includes it. */
export function hasRoleIn(principal: Principal, project: string, role: Role): boolean {
  return includes(principal.projects?.get(project), role);
}

/** Whether a role is another one, or includes it. */
export function includes(role: Role | undefined, other: Role): boolean {
  return role !== undefined && roles.indexOf(role) >= roles.indexOf(other);
}
