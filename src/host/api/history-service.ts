import type { HandlerContext, ServiceImpl } from "@connectrpc/connect";
import { type HistoryService, ListHistoryRequestSchema } from "../../gen/slipway/v1/history_pb.js";
import { pageOf, readPage } from "../../requests/pages.js";
import { chunks } from "../../util/chunks.js";
import { userOf } from "../access/user.js";
import type { History } from "../history/history.js";
import { endUnread } from "./end-unread.js";
import { maxChunkBytes } from "./limits.js";

/** slipway.v1.HistoryService. */
export function historyService(history: History): ServiceImpl<typeof HistoryService> {
  const by = <R extends { environment: Record<string, string> }>(request: R, context: HandlerContext) => ({
    ...request,
    user: userOf(request.environment, context),
  });
  return {
    async listHistory(request, context) {
      const page = readPage(ListHistoryRequestSchema, request, { default: 1000, max: 1000 });
      const { records, diagnostics } = await history.list(by(request, context), context.signal);
      const { entries, nextPageToken } = pageOf(records, ({ node, ref }) => `${node} ${ref}`, page);
      return { records: entries, diagnostics, nextPageToken };
    },
    async getHistoryRecord(request, context) {
      return { record: await history.get(by(request, context), context.signal) };
    },
    async *watchHistoryLogs(request, context) {
      for await (const progress of endUnread(history.logs(by(request, context), context.signal)))
        yield { progress };
    },
    async *readHistoryAttachment(request, context) {
      const content = history.attachment(by(request, context), request.digest, context.signal);
      for await (const chunk of endUnread(content)) {
        for (const data of chunks(chunk, maxChunkBytes)) yield { data };
      }
    },
    async *readHistoryTrace(request, context) {
      const trace = await history.trace(by(request, context), context.signal);
      for (const data of chunks(trace, maxChunkBytes)) yield { data };
    },
    async *exportHistory(request, context) {
      for await (const chunk of endUnread(history.export(by(request, context), context.signal))) {
        for (const data of chunks(chunk, maxChunkBytes)) yield { data };
      }
    },
    async deleteHistory(request, context) {
      return { removedRefs: await history.remove(by(request, context), context.signal) };
    },
  };
}
