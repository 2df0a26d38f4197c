import { Code } from "@connectrpc/connect";
import type { ReasonTable } from "../../src/errors/reasons/reason-info.js";
import { mentionsIn } from "./scan-reasons.js";

/** Sources, and the lists that their reasons are in. */
export interface Area {
  /** Source texts by their paths. */
  sources: Record<string, string>;
  /** Lists whose every reason is raised here. */
  own: ReasonTable[];
  /** Lists of others, whose reasons may be raised here, too. */
  shared?: ReasonTable[];
}

/** Where sources and lists differ: reasons without an entry, entries that nothing raises, and wrong codes. */
export function checkReasons({ sources, own, shared = [] }: Area): string[] {
  const problems: string[] = [];
  const raised = new Set<string>();
  for (const [path, source] of Object.entries(sources)) {
    for (const { text, code, isComparison } of mentionsIn(source)) {
      const entries = [...own, ...shared].flatMap((table) => table[text] ?? []);
      if (entries.length === 0) problems.push(`${path}: ${text} is in no list`);
      else if (code !== undefined && !entries.some(({ codes }) => codes.includes(code)))
        problems.push(`${path}: ${text} comes with ${Code[code]}, which its entry lacks`);
      if (!isComparison) raised.add(text);
    }
  }
  const listed = own.flatMap((table) => Object.keys(table));
  const unused = listed.filter((reason) => !raised.has(reason));
  return [...problems, ...unused.map((reason) => `${reason} is listed and never raised`)];
}
