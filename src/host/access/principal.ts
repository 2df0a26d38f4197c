/** What a principal may do; each role includes those before it. */
export const roles = ["viewer", "builder", "admin"] as const;

/** See {@link roles}. */
export type Role = (typeof roles)[number];

/** Who makes a call. */
export interface Principal {
  /** Unique: "local", "token:<name>", "certificate:<subject's common name>" or "oidc:<rule>:<name>". Builds and uploads belong to it. */
  readonly id: string;
  /** Undefined for one that was authenticated and has no role here: it may call nothing. */
  readonly role: Role | undefined;
  /** Groups, by which builders can be limited; without a prefix. */
  readonly groups: readonly string[];
  /** Id of the only build that it may watch and cancel, by a token for that; undefined for all that its role allows. */
  readonly build?: string;
}

/** The host's own user, who alone can open its unix socket. */
export const localPrincipal: Principal = { id: "local", role: "admin", groups: [] };

/** Who makes a call that needs no credentials, if it has none that count: quotas are for each address, or network of IPv6. */
export function anonymousAt(address: string): Principal {
  return { id: `anonymous:${address}`, role: undefined, groups: [] };
}

/** Whether a principal has a role or one that includes it. */
export function hasRole(principal: Principal, role: Role): boolean {
  return principal.role !== undefined && roles.indexOf(principal.role) >= roles.indexOf(role);
}
