import { renderAccessRules } from "./access-table.js";
import { renderLimits } from "./limits-table.js";
import { reasonTables, renderReasons } from "./reason-tables.js";
import { renderRooms } from "./room-table.js";

/** The pages with generated sections, relative to the repository. */
export const pages = [
  "docs/api.md",
  "docs/architecture.md",
  "docs/drivers.md",
  "docs/driver-protocol.md",
  "docs/security.md",
];

const section = /(<!-- generated: (\S+) -->\n)[\s\S]*?(<!-- \/generated -->)/g;

/** Names of the generated sections of a page. */
export function sectionsOf(page: string): string[] {
  return [...page.matchAll(section)].map(([, , name]) => name!);
}

/** A page with new content between its markers `<!-- generated: NAME -->` and `<!-- /generated -->`. */
export function fillSections(page: string): string {
  return page.replace(section, (_all, start: string, name: string, end: string) => {
    return `${start}${contentOf(name)}\n${end}`;
  });
}

/** @param name a list of reasons, "rooms", "access-rules", or "limits" */
function contentOf(name: string): string {
  if (name === "rooms") return renderRooms();
  if (name === "access-rules") return renderAccessRules();
  if (name === "limits") return renderLimits();
  const table = reasonTables[name];
  if (!table) throw new Error(`there is no list of reasons ${name}`);
  return renderReasons(table);
}
