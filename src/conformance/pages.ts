import { Code } from "@connectrpc/connect";
import { mustFail } from "./call-outcome.js";
import { must } from "./report/violation.js";

/** A request for a page, and a page. */
export type ListPage = (page: { pageSize?: number; pageToken?: string }) => Promise<{
  /** Identities of the entries. */
  keys: string[];
  nextPageToken: string;
}>;

/** Throws unless a list has pages of the size that is asked for, and refuses wrong sizes and tokens. */
export async function mustHavePages(what: string, list: ListPage): Promise<void> {
  const refused = (reason: string) => ({ code: Code.InvalidArgument, reason });
  await mustFail(`${what} with a negative page_size`, list({ pageSize: -1 }), refused("PAGE_SIZE_INVALID"));
  const unknown = list({ pageToken: "conformance" });
  await mustFail(`${what} with an unknown page_token`, unknown, refused("PAGE_TOKEN_INVALID"));
  const first = await list({ pageSize: 1 });
  must(
    first.keys.length <= 1,
    `${what} has a page of ${first.keys.length} entries, although page_size is 1.`,
  );
  if (!first.nextPageToken) {
    const { keys } = await list({});
    must(keys.length <= 1, `${what} has ${keys.length} entries, and its first page of one has no token.`);
    return;
  }
  const second = await list({ pageSize: 1, pageToken: first.nextPageToken });
  must(second.keys.length <= 1, `${what} has a second page of ${second.keys.length} entries.`);
  must(
    second.keys.length === 0 || second.keys[0] !== first.keys[0],
    `${what} has the entry ${first.keys[0]} on its first and second page.`,
  );
}
