import type { HistoryRecord } from "../../gen/slipway/v1/history_pb.js";
import { NilPointer, nilSlice, Struct, type Value } from "../../template/values.js";
import { sourceExcerpt } from "../output/source-excerpt.js";
import { durationValue, timeValue } from "../output/time-value.js";
import type { Material } from "./materials.js";
import { buildNanoseconds, statusName } from "./records.js";
import { type Pair, settingsOf } from "./settings.js";

/** A record as the value of a template, with buildx's fields. */
export function inspectValue(record: HistoryRecord, materials: readonly Material[]): Struct {
  const { error, startTime, endTime, attachments } = record;
  const settings = settingsOf(record);
  const status = statusName(record).toLowerCase();
  return omittingEmpty("record", {
    Name: record.name,
    Ref: record.ref,
    Context: settings.context,
    Dockerfile: settings.dockerfile,
    VCSRepository: settings.repository,
    VCSRevision: settings.revision,
    Target: settings.target,
    Platform: listOf(settings.platforms),
    KeepGitDir: settings.keepGitDir,
    NamedContexts: listOf(settings.namedContexts.map(pair)),
    StartedAt: startTime ? timeValue(startTime) : new NilPointer("*time.Time"),
    CompletedAt: endTime ? timeValue(endTime) : new NilPointer("*time.Time"),
    Duration: durationValue(buildNanoseconds(record)),
    // In a template, buildx's word for an error is "failed".
    Status: status === "error" ? "failed" : status,
    Error: error
      ? omittingEmpty("error", {
          Code: error.code,
          Message: error.message,
          Name: error.vertex,
          Sources: error.sources.map(sourceExcerpt).join(""),
        })
      : new NilPointer("*error"),
    NumCompletedSteps: record.completedStepCount,
    NumTotalSteps: record.totalStepCount,
    NumCachedSteps: record.cachedStepCount,
    BuildArgs: listOf(settings.buildArgs.map(pair)),
    Labels: listOf(settings.labels.map(pair)),
    Config: omittingEmpty("config", {
      ...emptyConfig,
      ...Object.fromEntries(settings.config.map(({ key, value }) => [key, value])),
      RestRaw: listOf(settings.rest.map(pair)),
    }),
    Materials: listOf(materials.map(({ URI, Digests }) => omittingEmpty("material", { URI, Digests }))),
    Attachments: listOf(
      attachments.map(({ digest, platform, type }) =>
        omittingEmpty("attachment", { Digest: digest, Platform: platform, Type: type }),
      ),
    ),
    Errors: nilSlice,
  });
}

/** The settings that a build does not have, in buildx's order. */
const emptyConfig: Record<string, Value> = {
  Network: "",
  ExtraHosts: nilSlice,
  Hostname: "",
  CgroupParent: "",
  ImageResolveMode: "",
  MultiPlatform: false,
  NoCache: false,
  NoCacheFilter: nilSlice,
  ShmSize: "",
  Ulimit: "",
  Memory: "",
  MemorySwap: "",
  CPUShares: "",
  CPUPeriod: "",
  CPUQuota: "",
  CPUSetCPUs: "",
  CPUSetMems: "",
  CacheMountNS: "",
  DockerfileCheckConfig: "",
  SourceDateEpoch: "",
  SandboxHostname: "",
};

/** In JSON, empty fields are left out, but numbers of steps. */
function omittingEmpty(type: string, members: Record<string, Value>): Struct {
  const tags = Object.fromEntries(
    Object.keys(members).map((name) => [
      name,
      name.startsWith("Num") || name === "Ref" ? name : `${name},omitempty`,
    ]),
  );
  return new Struct(type, members, { tags });
}

function pair({ Name, Value }: Pair): Struct {
  return omittingEmpty("pair", { Name, Value });
}

function listOf(list: readonly Value[]): Value {
  return list.length > 0 ? list : nilSlice;
}
