import { durationFromMs } from "@bufbuild/protobuf/wkt";
import type { BuilderInstance, Device, GcPolicy, Node } from "../../gen/slipway/v1/builder_pb.js";
import { type Host, withHost } from "../host.js";
import { diagnosticText } from "../output/diagnostics.js";
import { isJsonFormat, jsonLine } from "../output/format.js";
import { goTime } from "../output/go-time.js";
import { binarySize, goDuration } from "../output/human.js";
import { print } from "../output/print.js";
import { alignColumns } from "../output/table.js";
import { executeTemplate, parseTemplate, unknownFormat } from "../output/template.js";
import { bootstrap } from "./bootstrap.js";
import { builderValue } from "./builder-value.js";
import {
  builderJson,
  driverOptions,
  dynamicNodeState,
  nodePlatforms,
  nodeReason,
  nodeState,
} from "./node-state.js";

/** The flags of `inspect`. */
export interface InspectFlags {
  bootstrap?: boolean;
  builder?: string;
  debug?: boolean;
  format: string;
  /** In milliseconds. */
  timeout: number;
}

/** `slipway inspect` */
export async function runInspect(name: string | undefined, flags: InspectFlags): Promise<void> {
  const format = parseFormat(flags.format);
  const builder = await withHost((host) => inspect(host, name ?? flags.builder ?? "", flags));
  print(format(builder, flags));
}

function parseFormat(text: string): typeof describe {
  if (text === "table" || text === "") return describe;
  if (isJsonFormat(text)) return (builder) => jsonLine(builderJson(builder));
  if (!text.includes("{{"))
    throw unknownFormat(text, 'Use "table", "json" or a template such as {{.Driver}}.');
  const template = parseTemplate(text);
  return (builder) => `${executeTemplate(template, builderValue(builder))}\n`;
}

async function inspect(host: Host, name: string, flags: InspectFlags): Promise<BuilderInstance> {
  if (flags.bootstrap) return (await bootstrap(host, { name })).builder;
  const { environment } = host;
  const timeout = durationFromMs(flags.timeout);
  const { builder } = await host.builders.getBuilder({ name, environment, inspect: true, timeout });
  return builder!;
}

/** Formats a builder with its nodes as buildx does. With debug, includes the features of each node. */
export function describe(builder: BuilderInstance, { debug = false } = {}): string {
  const rows: string[][] = [
    ["Name:", builder.name],
    ["Driver:", builder.driver],
  ];
  if (builder.untrusted) rows.push(["Untrusted:", "true"]);
  if (builder.description) rows.push(["Description:", builder.description]);
  if (builder.lastUseTime) rows.push(["Last Activity:", goTime({ ...builder.lastUseTime, nanos: 0 })]);
  if (builder.origin) rows.push(["Origin:", `buildx, ${builder.origin}`]);
  if (builder.error) rows.push(["Error:", diagnosticText(builder.error)]);
  rows.push([""], ["Nodes:"]);
  builder.nodes.forEach((node, index) => {
    if (index > 0) rows.push([""]);
    rows.push(...nodeRows(node, debug));
  });
  return alignColumns(rows);
}

function nodeRows(node: Node, debug: boolean): string[][] {
  const { spec, status } = node;
  const rows: string[][] = [
    ["Name:", spec?.name ?? ""],
    ["Endpoint:", spec?.endpoint ?? ""],
  ];
  const add = (key: string, value: string) => {
    if (value) rows.push([key, value]);
  };
  const options = Object.entries(driverOptions(node));
  add("Driver Options:", options.map(([key, value]) => `${key}=${JSON.stringify(value)}`).join(" "));
  if (node.error) add("Error:", diagnosticText(node.error));
  else add("Status:", nodeState(node));
  if (!node.error) add("Reason:", nodeReason(node));
  if (status?.changedFields.length)
    add("Changed:", `${status.changedFields.join(", ")}; applied at the next build or boot`);
  for (const { message } of node.upgradeWarnings) add("Warning:", message);
  add("Backend:", status?.backend ?? "");
  add("BuildKit daemon flags:", (spec?.daemonFlags ?? []).join(" "));
  add("BuildKit version:", node.buildkitVersion);
  add("Platforms:", nodePlatforms(node).join(", "));
  if (debug && status?.features.length) {
    rows.push(["Features:"]);
    for (const { id, supported, message } of status.features) {
      rows.push(["", `${id}:`, supported ? "true" : `false (${message})`]);
    }
  }
  for (const part of status?.dynamicNodes ?? []) {
    rows.push(["Part:", part.name], ["", "Status:", dynamicNodeState(part)]);
    if (part.message) rows.push(["", "Reason:", part.message]);
    if (part.platforms.length > 0) rows.push(["", "Platforms:", part.platforms.join(", ")]);
  }
  for (const worker of node.workers.slice(0, 1)) {
    const labels = Object.entries(worker.labels).sort(([a], [b]) => (a < b ? -1 : 1));
    if (labels.length > 0) rows.push(["Labels:"], ...labels.map(([key, value]) => ["", `${key}:`, value]));
    if (worker.devices.length > 0) rows.push(["Devices:"], ...worker.devices.flatMap(deviceRows));
    worker.gcPolicies.forEach((rule, index) => {
      rows.push([`GC Policy rule#${index}:`], ...gcRows(rule).map((row) => ["", ...row]));
    });
  }
  for (const { path, sizeBytes, digest } of node.daemonFiles) {
    const content = spec?.daemonFiles[path];
    const text = content
      ? new TextDecoder()
          .decode(content)
          .split("\n")
          .map((line) => `> ${line}`)
      : [`${sizeBytes} bytes, ${digest}`];
    rows.push([`File#${path}:`], ...text.map((line) => ["", line]));
  }
  return rows;
}

function deviceRows({ name, onDemand, autoAllow, annotations }: Device): string[][] {
  const notes = Object.entries(annotations).sort(([a], [b]) => (a < b ? -1 : 1));
  return [
    ["", "Name:", name],
    onDemand ? ["", "On-Demand:", "true"] : ["", "Automatically allowed:", String(autoAllow)],
    ...(notes.length > 0 ? [["", "Annotations:"]] : []),
    ...notes.map(([key, value]) => ["", "", `${key}:`, value]),
  ];
}

function gcRows(rule: GcPolicy): string[][] {
  const rows = [["All:", String(rule.all)]];
  if (rule.filters.length > 0) rows.push(["Filters:", rule.filters.join(" ")]);
  const keep = Number(rule.keepDuration?.seconds ?? 0n) * 1000 + (rule.keepDuration?.nanos ?? 0) / 1e6;
  if (keep > 0) rows.push(["Keep Duration:", goDuration(keep)]);
  if (rule.reservedSpaceBytes > 0n) rows.push(["Reserved Space:", binarySize(rule.reservedSpaceBytes)]);
  if (rule.maxUsedSpaceBytes > 0n) rows.push(["Max Used Space:", binarySize(rule.maxUsedSpaceBytes)]);
  if (rule.minFreeSpaceBytes > 0n) rows.push(["Min Free Space:", binarySize(rule.minFreeSpaceBytes)]);
  return rows;
}
