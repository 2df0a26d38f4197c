import { Code } from "@connectrpc/connect";
import { reasons as docker } from "../../plugins/docker/src/reasons.js";
import { reasons as dockerContainer } from "../../plugins/docker-container/src/reasons.js";
import { reasons as engine } from "../../plugins/engine/src/reasons.js";
import { reasons as kubernetes } from "../../plugins/kubernetes/src/reasons.js";
import { reasons as remote } from "../../plugins/remote/src/reasons.js";
import type { ReasonTable } from "../../src/errors/reasons/reason-info.js";
import { reasonGroups } from "../../src/errors/reasons.js";

/** The reasons of the bundled drivers, by plugin folder. */
export const driverReasons: Record<string, ReasonTable> = {
  docker,
  "docker-container": dockerContainer,
  engine,
  kubernetes,
  remote,
};

/** Every list of reasons, by the name that the documents' markers use. */
export const reasonTables: Record<string, ReasonTable> = { ...reasonGroups, ...driverReasons };

/** A list as a Markdown table, sorted by name. */
export function renderReasons(table: ReasonTable): string {
  const rows = Object.entries(table).sort(([a], [b]) => (a < b ? -1 : 1));
  const hasCodes = rows.some(([, { codes }]) => codes.length > 0);
  const hasRecovery = rows.some(([, { recovery }]) => recovery);
  const line = (cells: (string | false)[]) => `| ${cells.filter((cell) => cell !== false).join(" | ")} |`;
  const head = ["reason", hasCodes && "code", "meaning", hasRecovery && "what to do"];
  return [
    line(head),
    line(head.map((cell) => cell && "---")),
    ...rows.map(([reason, { codes, meaning, recovery = "" }]) =>
      line([`\`${reason}\``, hasCodes && codes.map(codeName).join(", "), meaning, hasRecovery && recovery]),
    ),
  ].join("\n");
}

/** Code.InvalidArgument -> "INVALID_ARGUMENT". */
function codeName(code: Code): string {
  return code === Code.Canceled ? "CANCELED" : Code[code].replace(/(?<=[a-z])(?=[A-Z])/g, "_").toUpperCase();
}
