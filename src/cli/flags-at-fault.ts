/** Flags that set a field of the API, the most likely one first. */
interface FlagRule {
  field: RegExp;
  /** `$1` is what the pattern's group matched: the key of a `key=value` flag. */
  flags: string[];
  /** An argument or another command can also have set the field. */
  onlyIfGiven?: boolean;
}

const rules: FlagRule[] = [
  { field: /^spec\.outputs\b/, flags: ["--output", "--push", "--load"] },
  { field: /^spec\.call\b/, flags: ["--call", "--check"] },
  { field: /^spec\.attestations\[provenance\]/, flags: ["--provenance", "--attest"] },
  { field: /^spec\.attestations\[sbom\]/, flags: ["--sbom", "--attest"] },
  { field: /^spec\.attestations\b/, flags: ["--attest"] },
  { field: /^spec\.named_contexts\[([^\]]*)\]/, flags: ["--build-context $1"] },
  { field: /^build_contexts\[([^\]]*)\]/, flags: ["--build-context $1"] },
  { field: /^spec\.dockerfile\b/, flags: ["--file"] },
  { field: /^spec\.build_args\b/, flags: ["--build-arg"] },
  { field: /^spec\.labels\b/, flags: ["--label"] },
  { field: /^spec\.tags\b/, flags: ["--tag"] },
  { field: /^spec\.platforms\b/, flags: ["--platform"] },
  { field: /^spec\.no_cache_stages\b/, flags: ["--no-cache-filter"] },
  { field: /^spec\.no_cache\b/, flags: ["--no-cache"] },
  { field: /^spec\.secrets\b/, flags: ["--secret"] },
  { field: /^spec\.extra_hosts\b/, flags: ["--add-host"] },
  { field: /^spec\.shm_size_bytes\b/, flags: ["--shm-size"] },
  { field: /^spec\.ulimits\b/, flags: ["--ulimit"] },
  { field: /^spec\.entitlements\b/, flags: ["--allow"] },
  { field: /^spec\.annotations\b/, flags: ["--annotation"] },
  { field: /^spec\.frontend_attributes\b/, flags: ["--resource"] },
  { field: /^spec\.return_provenance\b/, flags: ["--metadata-file"] },
  { field: /^spec\.cache_from\b/, flags: ["--cache-from"] },
  { field: /^spec\.cache_to\b/, flags: ["--cache-to"] },
  { field: /^spec\.cgroup_parent\b/, flags: ["--cgroup-parent"] },
  { field: /^spec\.queue_timeout\b/, flags: ["--queue-timeout"] },
  { field: /^spec\.run_timeout\b/, flags: ["--run-timeout"] },
  { field: /^spec\.(network|policy|priority|project|pull|ssh|target)\b/, flags: ["--$1"] },

  { field: /^node\.options\[([^\]]*)\]/, flags: ["--driver-opt $1"] },
  { field: /^options\[([^\]]*)\]/, flags: ["--driver-opt $1"], onlyIfGiven: true },
  { field: /^node\.options\b/, flags: ["--driver-opt"] },
  { field: /^node\.daemon_flags\b/, flags: ["--buildkitd-flags"] },
  { field: /^node\.daemon_files\b/, flags: ["--buildkitd-config"] },
  { field: /^node\.endpoint\b/, flags: ["--endpoint"], onlyIfGiven: true },
  { field: /^node\.name\b/, flags: ["--node"] },
  { field: /^(node|target)\.platforms?\b/, flags: ["--platform"] },
  { field: /^lookup\.(builder|platform)\b/, flags: ["--$1"] },
  { field: /^policies\b/, flags: ["--file"] },
  { field: /^policy\b/, flags: ["--filename"] },
  { field: /^names\b/, flags: ["--tag"] },
  { field: /^annotations\b/, flags: ["--annotation"] },
  { field: /^platforms\b/, flags: ["--platform"] },
  { field: /^driver$/, flags: ["--driver"] },
  { field: /^filters\b/, flags: ["--filter"] },
  { field: /^replace$/, flags: ["--replace"] },
  { field: /^digest$/, flags: ["--sha256"] },
  { field: /^(spec\.)?builder$/, flags: ["--builder"], onlyIfGiven: true },
  { field: /^(name|node|timeout|force)$/, flags: ["--$1"], onlyIfGiven: true },
];

const token = "Log in with `slipway login`, or set SLIPWAY_TOKEN_FILE to a file with a valid token.";

/** Remedies in terms of flags, by reason. They replace the remedies of the API. */
const hints: Record<string, string> = {
  DOCKERFILE_NOT_FOUND: "Give its path with --file.",
  ENTITLEMENT_REQUIRED: "Allow it with --allow and in the daemon's configuration.",
  IMAGE_STORE_MISSING:
    "Use a registry, or files: --output type=oci,dest=… and --build-context name=oci-layout://….",
  // As in buildx.
  OUTPUT_NONE: "To push result image into registry use --push or to load image into docker use --load",
  POLICY_UNSUPPORTED:
    "Install a policy engine with `slipway plugins install`, or build without it: --policy disabled=true.",
  REMOTE_ADMIN_OFF: "Call over the host's unix socket, or start the host with --allow-remote-admin.",
  SECRET_MISSING: "Give it with --secret id=…,src=… or --secret id=…,env=….",
  SSH_MISSING: "Give an agent or keys with --ssh.",
  STATE_IN_USE: "Stop that host, or give this one another folder with --state-dir.",
  TOKEN_EXPIRED: token,
  TOKEN_MISSING: token,
  TOKEN_WRONG: token,
  TARGET_UNKNOWN: "List the stages with --call=targets.",
  ISSUERS_WITHOUT_KEY: "Add --state-key-file; make a key with: openssl rand -base64 32",
  TCP_WITHOUT_AUTHENTICATION:
    "Add --token-file, or --issuers-file, or --tls-cert, --tls-key and --tls-client-ca.",
  TCP_WITHOUT_TLS: "Add --tls-cert and --tls-key, or listen on 127.0.0.1.",
  UPDATE_MASK_INVALID:
    "Say what to change with --driver-opt, --platform, --endpoint, --buildkitd-flags or --buildkitd-config.",
};

/** Fields in remedies that have no path, and the words for their flags. */
const phrases: [RegExp, string][] = [
  [/(?<=\blonger )timeout\b/g, "--timeout"],
  [/\bset (?=(force|replace|all)\b)/g, "add --"],
  [/\bSet (?=(force|replace|all)\b)/g, "Add --"],
];

/** Commands for the methods that the host's remedies name. */
const commands: Record<string, string> = {
  GetHistoryRecord: "slipway history inspect",
  ListBuilds: "slipway builds",
  ListDrivers: "slipway drivers",
  ListHistory: "slipway history ls",
  ListPlugins: "slipway plugins",
  RemovePlugin: "slipway plugins remove",
  RestartPlugin: "slipway plugins restart",
  SetDefaultBuilder: "slipway use NAME",
  SetPluginEnabled: "slipway plugins disable",
};

/** The flag that set a field of a request, such as "--driver-opt memory"; undefined for arguments and unknown fields. */
export function flagAtFault(field: string, given: ReadonlySet<string> = new Set()): string | undefined {
  if (field.startsWith("--")) return field;
  for (const rule of rules) {
    const match = rule.field.exec(field);
    if (!match) continue;
    const flags = rule.flags.map((flag) => flag.replace("$1", match[1] ?? ""));
    const flag = flags.find((candidate) => given.has(candidate.split(" ")[0]!));
    return flag ?? (rule.onlyIfGiven ? undefined : flags[0]);
  }
  return undefined;
}

/** Replaces "call METHOD" and "call METHOD for the plugin NAME". */
function withCommands(remedy: string): string {
  const calls = /\b([Cc])all ([A-Z]\w+)(?: for the plugin ([^\s.,;]+))?/g;
  return remedy.replace(calls, (text, initial: string, method: string, plugin?: string) => {
    const command = commands[method];
    if (!command) return text;
    return `${initial === "C" ? "Run" : "run"} \`${[command, plugin].filter(Boolean).join(" ")}\``;
  });
}

/** Rewords a remedy of the API for users of the CLI: with flags in place of fields and commands in place of methods. */
export function hintFor(reason: string, remedy = "", given?: ReadonlySet<string>): string {
  if (hints[reason]) return hints[reason];
  const text = remedy.replaceAll(/\b(?:spec|node)\.\w+/g, (field) => flagAtFault(field, given) ?? field);
  return phrases.reduce((result, [pattern, words]) => result.replace(pattern, words), withCommands(text));
}
