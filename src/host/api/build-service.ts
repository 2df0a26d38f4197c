import type { ServiceImpl } from "@connectrpc/connect";
import { type BuildService, ListBuildsRequestSchema } from "../../gen/slipway/v1/build_pb.js";
import { readPage } from "../../requests/pages.js";
import { chunks } from "../../util/chunks.js";
import { requireRole } from "../access/authorize.js";
import { accessLostKey, principalOf } from "../access/caller.js";
import type { Builds } from "../builds/builds.js";
import { buildCaller } from "./build-caller.js";
import { maxChunkBytes } from "./limits.js";
import type { Negotiation } from "./negotiation.js";

/** slipway.v1.BuildService over the host's builds. */
export function buildService(builds: Builds, negotiation: Negotiation): ServiceImpl<typeof BuildService> {
  return {
    async startBuild(request, context) {
      await negotiation.requireCurrent(context);
      return { build: await builds.start(request, buildCaller(context)) };
    },
    async *watchBuild({ id, fromSequence, cancelOnDisconnect }, context) {
      let ended = false;
      const principal = principalOf(context);
      if (cancelOnDisconnect) {
        requireRole(principal, "builder", "cancel_on_disconnect");
        await builds.views.getForChange(id, principal, "cancel_on_disconnect");
      }
      try {
        for await (const event of builds.views.watch(id, Number(fromSequence), principal, context.signal))
          yield { event };
        ended = true;
      } finally {
        const isRefused = context.values.get(accessLostKey).aborted;
        // A host that stops ends its watches of builds that others run.
        const hereOnly = builds.isStopping;
        if (!ended && cancelOnDisconnect && !isRefused) await builds.cancel(id, principal, { hereOnly });
      }
    },
    async getBuild({ id }, context) {
      return { build: await builds.views.get(id, principalOf(context)) };
    },
    async listBuilds(request, context) {
      const page = readPage(ListBuildsRequestSchema, request, { default: 50, max: 500 });
      const { found, isMore } = await builds.views.list(request, principalOf(context), page);
      return { builds: found, nextPageToken: isMore ? page.tokenAt(found.at(-1)!.id) : "" };
    },
    async cancelBuild({ id }, context) {
      return { build: await builds.cancel(id, principalOf(context)) };
    },
    async *readOutput({ id, output }, context) {
      const reader = await builds.readOutput(id, output, principalOf(context));
      context.signal.addEventListener("abort", () => reader.leave());
      for await (const chunk of reader.chunks) {
        for (const data of chunks(chunk, maxChunkBytes)) yield { data };
      }
    },
  };
}
