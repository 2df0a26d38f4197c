import { join } from "node:path/posix";
import type { HistoryRecord } from "../../gen/slipway/v1/history_pb.js";
import { parseCsvLine } from "../../inputs/parse-attributes.js";
import { binarySize } from "../output/human.js";
import { isTrue } from "../values/is-true.js";

/** A name and its value, as in buildx's JSON. */
export interface Pair {
  Name: string;
  Value: string;
}

/** An additional setting of a build. */
export interface ConfigEntry {
  /** Key in buildx's JSON. */
  key: string;
  heading: string;
  value: string | boolean | string[];
  /** The formatted value. */
  text: string;
}

/** The settings of a build, from the attributes of the frontend. */
export function settingsOf({ frontendAttributes: attributes, name }: HistoryRecord) {
  const withPrefix = (prefix: string): Pair[] =>
    pairsOf(attributes, (key) => key.startsWith(prefix)).map(({ Name, Value }) => ({
      Name: Name.slice(prefix.length),
      Value,
    }));
  const folder = attributes["vcs:localdir:dockerfile"] ?? "";
  const dockerfile = join(folder, attributes.filename ?? "Dockerfile");
  // The name of a build of this host is its context, unless it contains a Dockerfile or a target.
  const named = attributes.target || dockerfile !== "Dockerfile" ? "" : name;
  return {
    context: attributes.context ?? attributes["vcs:localdir:context"] ?? named,
    dockerfile,
    repository: attributes["vcs:source"] ?? "",
    revision: attributes["vcs:revision"] ?? "",
    target: attributes.target ?? "",
    platforms: (attributes.platform ?? "").split(",").filter(Boolean),
    keepGitDir: isTrue(attributes[keepGitDir]),
    buildArgs: withPrefix("build-arg:").filter(({ Name }) => `build-arg:${Name}` !== keepGitDir),
    labels: withPrefix("label:"),
    namedContexts: withPrefix("context:"),
    config: configOf(attributes),
    rest: restOf(attributes),
  };
}

const keepGitDir = "build-arg:BUILDKIT_CONTEXT_KEEP_GIT_DIR";

/** Converts the value of an attribute; undefined if it is not shown. */
type Read = (value: string) => ConfigEntry["value"] | undefined;

const flag: Read = (value) => isTrue(value) || undefined;

/** Attribute of the frontend, key in buildx's JSON, heading, and converter of the value. */
const known: [attribute: string, key: string, heading: string, read?: Read][] = [
  ["force-network-mode", "Network", "Network"],
  ["hostname", "Hostname", "Hostname"],
  ["add-hosts", "ExtraHosts", "Extra Hosts", parseCsvLine],
  ["cgroup-parent", "CgroupParent", "Cgroup Parent"],
  ["image-resolve-mode", "ImageResolveMode", "Image Resolve Mode"],
  ["build-arg:BUILDKIT_MULTI_PLATFORM", "MultiPlatform", "Multi-Platform", flag],
  ["multi-platform", "MultiPlatform", "Multi-Platform", flag],
  ["no-cache", "NoCache", "No Cache", (stages) => stages === "" || undefined],
  ["no-cache", "NoCacheFilter", "No Cache Filter", (stages) => (stages ? stages.split(",") : undefined)],
  ["shm-size", "ShmSize", "Shm Size"],
  ["ulimit", "Ulimit", "Resource Limits"],
  ["memory", "Memory", "Memory"],
  ["memswap", "MemorySwap", "Memory Swap"],
  ["cpushares", "CPUShares", "CPU Shares"],
  ["cpuperiod", "CPUPeriod", "CPU Period"],
  ["cpuquota", "CPUQuota", "CPU Quota"],
  ["cpusetcpus", "CPUSetCPUs", "CPUSet CPUs"],
  ["cpusetmems", "CPUSetMems", "CPUSet Mems"],
  ["build-arg:BUILDKIT_CACHE_MOUNT_NS", "CacheMountNS", "Cache Mount Namespace"],
  ["build-arg:BUILDKIT_DOCKERFILE_CHECK", "DockerfileCheckConfig", "Dockerfile Check Config"],
  ["build-arg:SOURCE_DATE_EPOCH", "SourceDateEpoch", "Source Date Epoch"],
  ["build-arg:SANDBOX_HOSTNAME", "SandboxHostname", "Sandbox Hostname"],
];

function configOf(attributes: Record<string, string>): ConfigEntry[] {
  const entries = known.flatMap(([attribute, key, heading, read = String]): [string, ConfigEntry][] => {
    const given = attributes[attribute];
    const value = given === undefined ? undefined : readAs(read, given);
    if (value === undefined || value === "") return [];
    return [[key, { key, heading, value, text: textOf(key, value) }]];
  });
  return [...new Map(entries).values()];
}

/** Converts a value. Returns it unchanged if that fails. */
function readAs(read: Read, value: string): ConfigEntry["value"] | undefined {
  try {
    return read(value);
  } catch {
    return value;
  }
}

function textOf(key: string, value: ConfigEntry["value"]): string {
  if (Array.isArray(value)) return value.join(", ");
  const isSize = key.startsWith("Memory") && /^\d+$/.test(String(value));
  return isSize ? binarySize(Number(value)) : String(value);
}

const shownElsewhere = ["frontend.caps", "context", "filename", "target", "platform"];

/** Attributes that are not shown elsewhere. */
function restOf(attributes: Record<string, string>): Pair[] {
  const names = new Set([...shownElsewhere, ...known.map(([attribute]) => attribute)]);
  const isRest = (key: string) => !names.has(key) && !/^(vcs|build-arg|label|context|attest):/.test(key);
  return pairsOf(attributes, isRest);
}

function pairsOf(attributes: Record<string, string>, isWanted: (key: string) => boolean): Pair[] {
  return Object.entries(attributes)
    .filter(([key]) => isWanted(key))
    .map(([Name, Value]) => ({ Name, Value }))
    .sort((a, b) => (a.Name < b.Name ? -1 : 1));
}
