import type { VertexWarning } from "../../gen/slipway/build/v1/build_progress_pb.js";
import { sourceExcerpt } from "../output/source-excerpt.js";
import { visibleLine, visibleText } from "../output/visible.js";
import type { Colors } from "../progress/colors.js";

/** The list of warnings after a build, as buildx prints it. With debug, includes details and sources. */
export function warningsReport(
  warnings: readonly VertexWarning[],
  { debug, colors }: { debug: boolean; colors: Colors },
): string {
  if (warnings.length === 0) return "";
  const count = warnings.length === 1 ? "1 warning found" : `${warnings.length} warnings found`;
  const heading = colors.warning(`${count}${debug ? "" : " (use --debug to expand)"}:`);
  const items = warnings.map(({ short, detail, url, source }) => {
    if (!debug) return ` - ${visibleLine(short)}\n`;
    const lines = [` - ${visibleLine(short)}`, ...detail, ...(url ? [`More info: ${url}`] : [])];
    return visibleText(`${lines.join("\n")}\n${source ? sourceExcerpt(source) : ""}\n`);
  });
  return `\n ${heading}\n${items.join("")}`;
}
