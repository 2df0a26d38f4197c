import { pages } from "../client/pages.js";
import type { Diagnostic } from "../gen/slipway/common/v1/diagnostic_pb.js";

/** All entries of a list, and what its pages report, each finding once. */
export async function allPages<Response extends { nextPageToken: string; diagnostics?: Diagnostic[] }, Entry>(
  list: (page: { pageToken: string }) => Promise<Response>,
  entriesOf: (response: Response) => Entry[],
  { limit = Number.POSITIVE_INFINITY } = {},
): Promise<{ entries: Entry[]; diagnostics: Diagnostic[] }> {
  const entries: Entry[] = [];
  const diagnostics = new Map<string, Diagnostic>();
  for await (const response of pages(list)) {
    entries.push(...entriesOf(response));
    for (const each of response.diagnostics ?? []) diagnostics.set(`${each.field} ${each.message}`, each);
    if (entries.length >= limit) break;
  }
  return { entries: entries.slice(0, limit), diagnostics: [...diagnostics.values()] };
}
