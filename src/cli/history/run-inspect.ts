import { timestampDate } from "@bufbuild/protobuf/wkt";
import { Code } from "@connectrpc/connect";
import { InputError } from "../../errors/input-error.js";
import { type HistoryRecord, HistoryState } from "../../gen/slipway/v1/history_pb.js";
import { type Host, withHost } from "../host.js";
import { isJsonFormat } from "../output/format.js";
import { goJson, omitEmpty } from "../output/go-json.js";
import { rfc3339 } from "../output/go-time.js";
import { print } from "../output/print.js";
import { sourceExcerpt } from "../output/source-excerpt.js";
import { alignColumns } from "../output/table.js";
import { errorReport } from "../progress/error-report.js";
import { Trace } from "../progress/trace.js";
import { type Material, readMaterials } from "./materials.js";
import { buildNanoseconds, buildSeconds, statusName } from "./records.js";
import { type Pair, settingsOf } from "./settings.js";

/** Lines of output to show for a failed step. */
const reportLines = 10;

/** `slipway history inspect` */
export async function runHistoryInspect(
  ref: string | undefined,
  flags: { builder?: string; format: string },
): Promise<void> {
  const asJson = isJsonFormat(flags.format);
  if (!asJson && flags.format !== "pretty") {
    const message = `Unknown format ${JSON.stringify(flags.format)}.`;
    throw new InputError({
      reason: "FORMAT_UNKNOWN",
      field: "--format",
      message,
      remedy: "Use pretty or json.",
    });
  }
  await withHost(async (host) => {
    const name = { builder: flags.builder, environment: host.environment, ref };
    const record = (await host.history.getHistoryRecord(name)).record!;
    const materials = await readMaterials(host, name, record.attachments);
    if (asJson) {
      print(`${goJson(inspectJson(record, materials), "  ")}\n`);
      return;
    }
    const logs = record.state === HistoryState.FAILED ? await failedSteps(host, name) : "";
    print(pretty(record, materials, logs));
  });
}

/** The last lines of the failed steps. */
async function failedSteps({ history }: Host, name: { builder?: string; ref?: string }): Promise<string> {
  const trace = new Trace(() => Date.now());
  for await (const { progress } of history.watchHistoryLogs(name)) if (progress) trace.update(progress);
  return errorReport(trace, reportLines);
}

function pretty(record: HistoryRecord, materials: Material[], logs: string): string {
  const { name, ref, error, state, attachments, startTime } = record;
  const settings = settingsOf(record);
  const { context, dockerfile, target, platforms, repository, revision } = settings;
  const head: [string, string][] = [
    ["Name:", name],
    ["Ref:", ref],
    ["Context:", context],
    ["Dockerfile:", dockerfile],
    ["VCS Repository:", repository],
    ["VCS Revision:", revision],
    ["Target:", target],
    ["Platforms:", platforms.join(", ")],
    ["Keep Git Dir:", settings.keepGitDir ? "true" : ""],
  ];
  const cached = record.totalStepCount
    ? Math.round((record.cachedStepCount / record.totalStepCount) * 100)
    : 0;
  const facts: [string, string][] = [
    ["Started:", startTime ? timestampDate(startTime).toISOString().slice(0, 19).replace("T", " ") : ""],
    ["Duration:", buildSeconds(record).replace("+", " (running)")],
    ["Status:", state === HistoryState.CANCELED ? "Canceled" : ""],
    ["Error:", state === HistoryState.FAILED && error ? `${Code[error.code]} ${error.message}` : ""],
    ["Build Steps:", `${record.completedStepCount}/${record.totalStepCount} (${cached}% cached)`],
  ];
  const config = [
    ...settings.config.map(({ heading, text }): [string, string] => [`${heading}:`, text]),
    ...settings.rest.map(({ Name, Value }): [string, string] => [`${Name}:`, Value]),
  ];
  const aligned = (rows: [string, string][]) => alignColumns(rows.filter(([, value]) => value));
  const pairs = (title: string, values: Pair[]) =>
    values.length === 0
      ? ""
      : `\n${alignColumns([[title, "VALUE"], ...values.map(({ Name, Value }) => [Name, Value])], { padding: 3 })}`;
  const list = (title: string, header: string[], rows: string[][]) =>
    rows.length === 0 ? "" : `\n${title}:\n${alignColumns([header, ...rows], { padding: 3 })}`;
  return [
    aligned(head),
    pairs("NAMED CONTEXT", settings.namedContexts),
    `\n${aligned(facts)}`,
    config.length > 0 ? `\n${aligned(config)}` : "",
    pairs("BUILD ARG", settings.buildArgs),
    pairs("LABEL", settings.labels),
    list(
      "Materials",
      ["URI", "DIGEST"],
      materials.map(({ URI, Digests }) => [URI, Digests.join(", ")]),
    ),
    list(
      "Attachments",
      ["DIGEST", "PLATFORM", "TYPE"],
      attachments.map(({ digest, platform, type }) => [digest, platform, type]),
    ),
    error ? `\n${error.sources.map(sourceExcerpt).join("")}` : "",
    logs && `\nLogs:\n${logs}`,
    `\nPrint build logs: slipway history logs ${ref}\n`,
  ].join("");
}

/** A record with buildx's keys. */
function inspectJson(record: HistoryRecord, materials: Material[]): object {
  const { error } = record;
  const settings = settingsOf(record);
  return {
    Name: record.name || undefined,
    Ref: record.ref,
    Context: settings.context || undefined,
    Dockerfile: settings.dockerfile || undefined,
    VCSRepository: settings.repository || undefined,
    VCSRevision: settings.revision || undefined,
    Target: settings.target || undefined,
    Platform: omitEmpty(settings.platforms),
    KeepGitDir: settings.keepGitDir || undefined,
    NamedContexts: omitEmpty(settings.namedContexts),
    StartedAt: rfc3339(record.startTime),
    CompletedAt: rfc3339(record.endTime),
    Duration: buildNanoseconds(record),
    Status: statusName(record).toLowerCase(),
    Error: error && {
      Code: error.code,
      Message: error.message,
      Name: error.vertex || undefined,
      Sources: error.sources.map(sourceExcerpt).join("") || undefined,
    },
    NumCompletedSteps: record.completedStepCount,
    NumTotalSteps: record.totalStepCount,
    NumCachedSteps: record.cachedStepCount,
    BuildArgs: omitEmpty(settings.buildArgs),
    Labels: omitEmpty(settings.labels),
    Config: {
      ...Object.fromEntries(settings.config.map(({ key, value }) => [key, value])),
      RestRaw: omitEmpty(settings.rest),
    },
    Materials: omitEmpty(materials),
    Attachments: omitEmpty(
      record.attachments.map(({ digest, platform, type }) => ({
        Digest: digest,
        Platform: platform || undefined,
        Type: type,
      })),
    ),
  };
}
