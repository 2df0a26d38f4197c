import { durationFromMs } from "@bufbuild/protobuf/wkt";
import type { BuilderInstance, Node } from "../../gen/slipway/v1/builder_pb.js";
import { withHost } from "../host.js";
import { allBuilders } from "../list-all.js";
import { diagnosticText } from "../output/diagnostics.js";
import { jsonLine } from "../output/format.js";
import { openLiveText } from "../output/open-live-text.js";
import { print, printError } from "../output/print.js";
import { table } from "../output/table.js";
import { parseRowFormat, type Row } from "../output/template.js";
import { builderValue } from "./builder-value.js";
import {
  builderJson,
  dynamicNodeState,
  lastActivity,
  nodePlatforms,
  nodeReason,
  nodeState,
} from "./node-state.js";
import { shortPlatforms } from "./platform-groups.js";

const headings = {
  Name: "NAME/NODE",
  DriverEndpoint: "DRIVER/ENDPOINT",
  LastActivity: "LAST ACTIVITY",
  Status: "STATUS",
  Buildkit: "BUILDKIT",
  Platforms: "PLATFORMS",
  Error: "ERROR",
};

/** `slipway ls`. On a terminal, the table is updated as nodes answer. */
export async function runLs(flags: { format: string; trunc: boolean; timeout: number }): Promise<void> {
  const format = parseRowFormat(flags.format, headings, ["Builder"]);
  const live = format === "table" ? await openLiveText() : undefined;
  const timeout = durationFromMs(flags.timeout);
  const { builders, diagnostics } = await withHost(async (host) => {
    const { builders: service, environment } = host;
    if (!live) return allBuilders(service, { environment, inspect: true, timeout });
    const { followBuilders } = await import("./follow-builders.js");
    return followBuilders(host, timeout, (known, waiting) => {
      const lines = known.flatMap((builder) => linesOf(builder, flags.trunc, waiting.has(builder.name)));
      live.show(tableOf(lines));
    });
  });
  if (format === "json") {
    print(builders.map((builder) => jsonLine(builderJson(builder))).join(""));
    return;
  }
  if (format !== "table") {
    const entries = builders.flatMap((builder) => {
      const Builder = builderValue(builder);
      const isShort = flags.trunc && format.isTable;
      return linesOf(builder, isShort).map((line) => ({
        row: { ...(format.isTable ? withBranch(line) : line.row), Builder },
        json: () => jsonLine(builderJson(builder)).trimEnd(),
      }));
    });
    print(
      format.print(
        entries.map(({ row }) => row),
        (index) => entries[index]!.json(),
      ),
    );
    return;
  }
  const lines = builders.flatMap((builder) => linesOf(builder, flags.trunc));
  const text = tableOf(lines);
  if (live) live.end(text);
  else print(text);
  const problems = [...diagnostics.map(diagnosticText), ...builders.flatMap(problemsOf)];
  if (problems.length > 0) printError(`\n${problems.join("\n")}\n`);
}

/** A line of the table: a builder, a node below it, or a part of a node. */
interface Line {
  depth: number;
  isCurrent?: boolean;
  row: Row;
}

function linesOf(builder: BuilderInstance, short: boolean, isPending = false): Line[] {
  const platformsOf = (all: string[]) => (short ? shortPlatforms(all) : all.join(", "));
  const nodeLines = (node: Node): Line[] => [
    {
      depth: 1,
      row: {
        Name: node.spec?.name ?? "",
        DriverEndpoint: node.spec?.endpoint ?? "",
        LastActivity: "",
        Status: isPending ? "..." : nodeState(node),
        Buildkit: node.buildkitVersion,
        Platforms: platformsOf(nodePlatforms(node)),
        Error: nodeReason(node),
      },
    },
    ...(node.status?.dynamicNodes ?? []).map((part) => ({
      depth: 2,
      row: {
        Name: part.name,
        DriverEndpoint: "",
        LastActivity: "",
        Buildkit: "",
        Status: dynamicNodeState(part),
        Platforms: platformsOf(part.platforms),
        Error: part.message,
      },
    })),
  ];
  const own = {
    Name: builder.name,
    DriverEndpoint: builder.driver,
    LastActivity: builder.lastUseTime ? lastActivity(builder) : "",
    Status: builder.error ? "error" : "",
    Buildkit: "",
    Platforms: "",
    Error: builder.error?.message ?? "",
  };
  return [{ depth: 0, isCurrent: builder.current, row: own }, ...builder.nodes.flatMap(nodeLines)];
}

function tableOf(lines: readonly Line[]): string {
  return table(Object.values(headings).filter(isColumn), lines.map(cells));
}

/** A line with its branch of the tree. */
function withBranch({ depth, isCurrent, row }: Line): Row {
  const branch = depth === 0 ? "" : `${" ".repeat(2 * depth - 1)}\\_ `;
  return {
    ...row,
    Name: `${branch}${row.Name}${isCurrent ? "*" : ""}`,
    DriverEndpoint: row.DriverEndpoint ? `${branch}${row.DriverEndpoint}` : "",
  };
}

function cells(line: Line): string[] {
  const { Name, DriverEndpoint, Status, Buildkit, Platforms } = withBranch(line);
  return [Name, DriverEndpoint, Status, Buildkit, Platforms].map((cell) => String(cell ?? ""));
}

function isColumn(heading: string): boolean {
  return heading !== headings.Error && heading !== headings.LastActivity;
}

/** The reason of each bad state. */
function problemsOf(builder: BuilderInstance): string[] {
  if (builder.error) return [`Cannot load builder ${builder.name}: ${diagnosticText(builder.error)}`];
  return builder.nodes.flatMap((node) => {
    const state = nodeState(node);
    const reason = nodeReason(node);
    const isBad = state === "error" || state === "unreachable" || state === "";
    return isBad && reason
      ? [`Failed to get status for ${builder.name} (${node.spec?.name}): ${reason}`]
      : [];
  });
}
