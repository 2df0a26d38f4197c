import { timestampDate } from "@bufbuild/protobuf/wkt";
import { Code } from "@connectrpc/connect";
import { type HistoryRecord, HistoryState } from "../../gen/slipway/v1/history_pb.js";
import { encodeJson } from "../../template/encode-json.js";
import { type Host, withHost } from "../host.js";
import { isJsonFormat } from "../output/format.js";
import { print } from "../output/print.js";
import { sourceExcerpt } from "../output/source-excerpt.js";
import { alignColumns } from "../output/table.js";
import { executeTemplate, parseTemplate, unknownFormat } from "../output/template.js";
import { errorReport } from "../progress/error-report.js";
import { Trace } from "../progress/trace.js";
import { inspectValue } from "./inspect-value.js";
import { type Material, readMaterials } from "./materials.js";
import { buildSeconds } from "./records.js";
import { type Pair, settingsOf } from "./settings.js";

/** Lines of output to show for a failed step. */
const reportLines = 10;

/** `slipway history inspect` */
export async function runHistoryInspect(
  ref: string | undefined,
  flags: { builder?: string; format: string },
): Promise<void> {
  const asJson = isJsonFormat(flags.format);
  const isTemplate = !asJson && flags.format.includes("{{");
  if (!asJson && !isTemplate && flags.format !== "pretty")
    throw unknownFormat(flags.format, "Use pretty, json or a template such as {{.Status}}.");
  const template = isTemplate ? parseTemplate(flags.format) : undefined;
  await withHost(async (host) => {
    const name = { builder: flags.builder, environment: host.environment, ref };
    const record = (await host.history.getHistoryRecord(name)).record!;
    const materials = await readMaterials(host, name, record.attachments);
    if (asJson) {
      print(`${encodeJson(inspectValue(record, materials), { indent: "  ", escapeHtml: true })}\n`);
      return;
    }
    if (template) {
      print(`${executeTemplate(template, inspectValue(record, materials))}\n`);
      return;
    }
    const logs = record.state === HistoryState.FAILED ? await failedSteps(host, name) : "";
    print(pretty(record, materials, logs));
  });
}

/** The last lines of the failed steps. */
async function failedSteps({ history }: Host, name: { builder?: string; ref?: string }): Promise<string> {
  const trace = new Trace(() => Date.now());
  for await (const { progress } of history.watchHistoryLogs(name)) {
    if (progress) trace.update(progress);
    trace.markShown();
  }
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
