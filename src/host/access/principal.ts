/** What a principal may do; each role includes those before it. */
export const roles = ["viewer", "builder", "admin"] as const;

/** See {@link roles}. */
export type Role = (typeof roles)[number];

/** Who makes a call. */
export interface Principal {
  /** Unique: "local", "token:<name>" or "certificate:<subject's common name>". Builds and uploads belong to it. */
  readonly id: string;
  /** Undefined for one that was authenticated and has no role here: it may call nothing. */
  readonly role: Role | undefined;
  /** Groups, by which builders can be limited; without a prefix. */
  readonly groups: readonly string[];
}

/** The host's own user, who alone can open its unix socket. */
export const localPrincipal: Principal = { id: "local", role: "admin", groups: [] };

/** Whether a principal has a role or one that includes it. */
export function hasRole(principal: Principal, role: Role): boolean {
  return principal.role !== undefined && roles.indexOf(principal.role) >= roles.indexOf(role);
}
