import { create } from "../../codec/create.js";
import type { CallResult } from "../../gen/slipway/build/v1/build_result_pb.js";
import { SourceLocation } from "../../gen/slipway/v1/build_codec.js";
import { sourceExcerpt } from "../output/source-excerpt.js";
import { alignColumns } from "../output/table.js";
import type { Call } from "./call.js";

/** The answer of a call, as buildx prints it. */
export interface CallReport {
  stdout: string;
  /** The problem that would make the build fail; empty if there is none. */
  error: string;
  exitCode: number;
}

/** Formats the answer of a call. `dockerfile` is the name to print for the Dockerfile. */
export function reportCall(call: Call, result: CallResult, dockerfile: string | undefined): CallReport {
  const exitCode = call.ignoreStatus ? 0 : result.statusCode;
  const text = new TextDecoder().decode(result.json);
  if (call.json) return { stdout: `${text}\n`, error: "", exitCode };
  const json = text ? JSON.parse(text) : undefined;
  if (call.name === "check" && json) return reportCheck(json, exitCode, dockerfile);
  if (call.name === "outline" && json) return { stdout: outline(json), error: "", exitCode };
  if (call.name === "targets" && json) return { stdout: targets(json), error: "", exitCode };
  return { stdout: result.text, error: "", exitCode };
}

// The JSON of BuildKit's subrequests frontend.lint, frontend.outline and frontend.targets.
interface Lint {
  warnings?: { ruleName: string; url?: string; detail?: string; location?: Location }[];
  sources?: { filename: string; data?: string }[];
  buildError?: { message: string; location: Location };
}

interface Location {
  sourceIndex?: number;
  ranges?: { start: { line?: number }; end?: { line?: number } }[];
}

interface Outline {
  name?: string;
  description?: string;
  args?: { name: string; value?: string; description?: string }[];
  secrets?: { name: string; required?: boolean }[];
  ssh?: { name: string; required?: boolean }[];
}

interface Targets {
  targets?: { name?: string; default?: boolean; description?: string }[];
}

function reportCheck(lint: Lint, exitCode: number, dockerfile: string | undefined): CallReport {
  const warnings = [...(lint.warnings ?? [])].sort((a, b) => firstLine(a.location) - firstLine(b.location));
  const excerpt = (location: Location | undefined) => sourceExcerpt(locationOf(lint, location, dockerfile));
  const found = warnings.map(
    ({ ruleName, url, detail = "", location }) =>
      `\nWARNING: ${ruleName}${url ? ` - ${url}` : ""}\n${detail}\n${excerpt(location)}`,
  );
  const heading =
    warnings.length === 0
      ? ""
      : warnings.length === 1
        ? "Check complete, 1 warning has been found!\n"
        : `Check complete, ${warnings.length} warnings have been found!\n`;
  if (lint.buildError) {
    const { message, location } = lint.buildError;
    const stdout = heading + found.join("") + (warnings.length > 0 ? "\n" : "");
    return { stdout, error: `${message}\n${excerpt(location)}`, exitCode: exitCode || 1 };
  }
  return { stdout: heading + found.join("") || "Check complete, no warnings found.\n", error: "", exitCode };
}

function locationOf(lint: Lint, location: Location = {}, dockerfile: string | undefined): SourceLocation {
  const index = location.sourceIndex ?? 0;
  const source = lint.sources?.[index];
  return create(SourceLocation, {
    filename: dockerfile ?? source?.filename,
    data: Buffer.from(source?.data ?? "", "base64"),
    ranges: location.ranges?.map(({ start, end }) => ({ startLine: start.line, endLine: end?.line })),
  });
}

function firstLine(location: Location | undefined): number {
  return location?.ranges?.[0]?.start.line ?? 0;
}

function outline({ name, description, args = [], secrets = [], ssh = [] }: Outline): string {
  const parts: string[] = [];
  if (name || description) {
    const rows = [["TARGET:", name || "(default)"], ...(description ? [["DESCRIPTION:", description]] : [])];
    parts.push(alignColumns(rows));
  }
  const required = (items: { name: string; required?: boolean }[]) =>
    items.map((item) => [item.name, item.required ? "true" : ""]);
  const wide = (rows: string[][]) => alignColumns(rows, { padding: 3 });
  if (args.length > 0) {
    const rows = args.map((arg) => [arg.name, arg.value ?? "", arg.description ?? ""]);
    parts.push(wide([["BUILD ARG", "VALUE", "DESCRIPTION"], ...rows]));
  }
  if (secrets.length > 0) parts.push(wide([["SECRET", "REQUIRED"], ...required(secrets)]));
  if (ssh.length > 0) parts.push(wide([["SSH", "REQUIRED"], ...required(ssh)]));
  return parts.map((part) => `${part}\n`).join("");
}

function targets({ targets: list = [] }: Targets): string {
  const rows = list.map(({ name, default: isDefault, description = "" }) => {
    const label = isDefault ? (name ? `${name} (default)` : "(default)") : (name ?? "");
    return [label, description];
  });
  return alignColumns([["TARGET", "DESCRIPTION"], ...rows]);
}
