import type { Code } from "@connectrpc/connect";

/** What the documents say about a reason. */
export interface ReasonInfo {
  /** gRPC codes of the errors that carry it. Empty for warnings, and for errors that never become a gRPC status. */
  codes: readonly Code[];
  /** When it is raised; Markdown without a final period. */
  meaning: string;
  /** What the caller can do; Markdown. Left out when the error's remedy says it all. */
  recovery?: string;
}

/** Reasons that belong together, by name. */
export type ReasonTable = Record<string, ReasonInfo>;
