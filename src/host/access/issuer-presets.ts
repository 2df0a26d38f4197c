/** What is known of an issuer that many use. */
export interface IssuerPreset {
  /** Its URL, if it has one for all. */
  url?: string;
  /** Name of the principal, unless a rule gives another. */
  principal: string;
  /**
   * Claims that say whose token it is, and the form of a pattern that does: no `*` before what names its owner. Each rule has
   * one of them.
   */
  anchors: Readonly<Record<string, RegExp>>;
  /** Claims with values that a job has which builds a pull request: code that nobody has accepted yet. */
  pullRequest?: Readonly<Record<string, RegExp>>;
}

const exact = /^[^*]+$/;
/** A name, or a path that begins with one. */
const path = /^[^*/]+(\/.*)?$/s;

/** The presets of the issuers file. Ids come first, because a name can pass to somebody else. */
export const presets = {
  github: {
    url: "https://token.actions.githubusercontent.com",
    principal: "{repository_id}",
    anchors: {
      repository_id: exact,
      repository_owner_id: exact,
      repository: path,
      repository_owner: exact,
      sub: /^repo:[^*/:]+\//,
    },
    pullRequest: { event_name: /^pull_request/, ref: /^refs\/pull\// },
  },
  gitlab: {
    url: "https://gitlab.com",
    principal: "{project_id}",
    anchors: {
      project_id: exact,
      namespace_id: exact,
      project_path: path,
      namespace_path: path,
      sub: /^project_path:[^*/:]+\//,
    },
    pullRequest: {
      pipeline_source: /^(merge_request|external_pull_request)_event$/,
      ref_path: /^refs\/merge-requests\//,
    },
  },
  kubernetes: {
    url: undefined,
    principal: "{sub}",
    anchors: {
      sub: /^system:serviceaccount:[^*:]+:/,
      "/kubernetes.io/namespace": exact,
      "/kubernetes.io/serviceaccount/uid": exact,
    },
  },
} satisfies Record<string, IssuerPreset>;
