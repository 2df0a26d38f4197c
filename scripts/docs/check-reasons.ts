import { Code } from "@connectrpc/connect";
import type { ReasonTable } from "../../src/errors/reasons/reason-info.js";
import { mentionsIn } from "./scan-reasons.js";

/** Sources, and the lists of their reasons. */
export interface Area {
  /** Source texts by path. */
  sources: Record<string, string>;
  /** Lists whose reasons must all be raised in these sources. */
  own: ReasonTable[];
  /** Other lists, whose reasons may be raised here too. */
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
        problems.push(`${path}: ${text} has the code ${Code[code]}, which its entry lacks`);
      if (!isComparison) raised.add(text);
    }
  }
  const listed = own.flatMap((table) => Object.keys(table));
  const unused = listed.filter((reason) => !raised.has(reason));
  return [...problems, ...unused.map((reason) => `${reason} is listed but never raised`)];
}
