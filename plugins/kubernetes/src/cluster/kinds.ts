/** The fields that every Kubernetes object has. */
export interface KubernetesObject {
  apiVersion?: string;
  kind?: string;
  metadata?: {
    name?: string;
    uid?: string;
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
    resourceVersion?: string;
    deletionTimestamp?: Date | string;
  };
}

/** A kind of object, by its path in the API. */
export interface Kind {
  /** "/api/v1" or "/apis/apps/v1". */
  group: string;
  /** Plural, as in RBAC rules. */
  resource: string;
}

/** Kinds that this driver uses. */
export const kinds = {
  deployments: { group: "/apis/apps/v1", resource: "deployments" },
  statefulsets: { group: "/apis/apps/v1", resource: "statefulsets" },
  pods: { group: "/api/v1", resource: "pods" },
  secrets: { group: "/api/v1", resource: "secrets" },
  claims: { group: "/api/v1", resource: "persistentvolumeclaims" },
  budgets: { group: "/apis/policy/v1", resource: "poddisruptionbudgets" },
  events: { group: "/api/v1", resource: "events" },
} satisfies Record<string, Kind>;

/** Selects objects of a kind. */
export interface Selector {
  labels?: string;
  fields?: string;
}

/** A change that the API server sends. */
export interface WatchEvent<T> {
  type: "ADDED" | "MODIFIED" | "DELETED" | "BOOKMARK" | "ERROR";
  object: T;
}
