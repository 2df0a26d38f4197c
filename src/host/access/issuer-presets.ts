/** What is known of an issuer that many use. */
export interface IssuerPreset {
  /** Its URL, if it has one for all. */
  url?: string;
  /** Name of the principal, unless a rule gives another. */
  principal: string;
  /** Claims that say whose token it is; each rule names one of them. */
  anchors: readonly string[];
}

/** The presets of the issuers file. Ids come first, because a name can pass to somebody else. */
export const presets = {
  github: {
    url: "https://token.actions.githubusercontent.com",
    principal: "{repository_id}",
    anchors: ["repository_id", "repository_owner_id", "repository", "repository_owner", "sub"],
  },
  gitlab: {
    url: "https://gitlab.com",
    principal: "{project_id}",
    anchors: ["project_id", "namespace_id", "project_path", "namespace_path", "sub"],
  },
  kubernetes: {
    url: undefined,
    principal: "{sub}",
    anchors: ["sub", "/kubernetes.io/namespace", "/kubernetes.io/serviceaccount/uid"],
  },
} satisfies Record<string, IssuerPreset>;
