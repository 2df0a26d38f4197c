import { type LimitInfo, type LimitName, limitNames, limitTable } from "../../src/host/quotas/limits.js";
import { sizeText } from "../../src/util/size-text.js";

/** The limits of a host as a Markdown table: a limit of all, and the share of one principal, in one row. */
export function renderLimits(): string {
  const rows = limitNames
    .filter((name) => !name.startsWith("principal-"))
    .map((name) => {
      const { counts, above } = limitTable[name];
      const share = limitNames.find((other) => other === `principal-${name}`);
      return `| \`${name}\` | ${counts} | ${defaultOf(name)} | ${share ? defaultOf(share) : ""} | ${above} |`;
    });
  const head = ["| limit | of what | default | `principal-` | above it |", "| --- | --- | --- | --- | --- |"];
  return [...head, ...rows].join("\n");
}

function defaultOf(name: LimitName): string {
  const { unit, default: value, defaultText }: LimitInfo = limitTable[name];
  if (defaultText) return defaultText;
  if (value === Number.POSITIVE_INFINITY) return "unlimited";
  return unit === "bytes" ? sizeText(value) : String(value);
}
