import { durationFromMs } from "@bufbuild/protobuf/wkt";
import type { Builder } from "../../gen/slipway/v1/builder_pb.js";
import { withHost } from "../host.js";
import { jsonLine, parseListFormat } from "../output/format.js";
import { table } from "../output/table.js";
import { builderJson, nodePlatforms, nodeReason, nodeState } from "./node-state.js";
import { shortPlatforms } from "./platform-groups.js";

const header = ["NAME/NODE", "DRIVER/ENDPOINT", "STATUS", "BUILDKIT", "PLATFORMS"];

/** `slipway ls` */
export async function runLs(flags: { format: string; trunc: boolean; timeout: number }): Promise<void> {
  const format = parseListFormat(flags.format);
  const { builders, diagnostics } = await withHost(({ builders: service, environment }) =>
    service.listBuilders({ environment, inspect: true, timeout: durationFromMs(flags.timeout) }),
  );
  if (format === "json") {
    process.stdout.write(builders.map((builder) => jsonLine(builderJson(builder))).join(""));
  } else {
    const rows = builders.flatMap((builder) => rowsOf(builder, flags.trunc));
    process.stdout.write(table(header, rows));
  }
  const problems = [
    ...diagnostics.map(({ message, remedy }) => [message, remedy].filter(Boolean).join("; ")),
    ...builders.flatMap(problemsOf),
  ];
  if (problems.length > 0 && format === "table") process.stderr.write(`\n${problems.join("\n")}\n`);
}

function rowsOf(builder: Builder, short: boolean): string[][] {
  const name = builder.current ? `${builder.name}*` : builder.name;
  const own = [name, builder.driver, builder.error ? "error" : "", "", ""];
  const nodes = builder.nodes.map((node) => {
    const platforms = nodePlatforms(node);
    return [
      ` \\_ ${node.config?.node ?? ""}`,
      ` \\_ ${node.config?.endpoint ?? ""}`,
      nodeState(node),
      node.buildkitVersion,
      short ? shortPlatforms(platforms) : platforms.join(", "),
    ];
  });
  return [own, ...nodes];
}

/** Never a bad state without its reason. */
function problemsOf(builder: Builder): string[] {
  if (builder.error) return [`Cannot load builder ${builder.name}: ${builder.error}`];
  return builder.nodes.flatMap((node) => {
    const state = nodeState(node);
    const reason = nodeReason(node);
    const isBad = state === "error" || state === "unreachable" || state === "";
    return isBad && reason
      ? [`Failed to get status for ${builder.name} (${node.config?.node}): ${reason}`]
      : [];
  });
}
