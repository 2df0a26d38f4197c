import type { ServiceImpl } from "@connectrpc/connect";
import type { BuildService } from "../../gen/slipway/v1/build_pb.js";
import { chunks } from "../../util/chunks.js";
import { callerOf, requireLocal } from "../base/caller.js";
import type { Builds } from "../builds/builds.js";
import { maxChunkBytes } from "./limits.js";

/** slipway.v1.BuildService over the host's builds. */
export function buildService(builds: Builds): ServiceImpl<typeof BuildService> {
  return {
    async startBuild(request, context) {
      const caller = {
        isLocal: callerOf(context).transport === "unix",
        requireLocal: (field: string) => requireLocal(context, field),
      };
      return { build: await builds.start(request, caller) };
    },
    async *watchBuild({ id, fromSequence, cancelOnDisconnect }, context) {
      let ended = false;
      try {
        for await (const event of builds.watch(id, Number(fromSequence), context.signal)) yield { event };
        ended = true;
      } finally {
        if (!ended && cancelOnDisconnect) builds.cancel(id);
      }
    },
    async getBuild({ id }) {
      return { build: builds.get(id) };
    },
    async listBuilds(request) {
      return builds.list(request);
    },
    async cancelBuild({ id }) {
      return { build: builds.cancel(id) };
    },
    async *readOutput({ id, output }, context) {
      const stream = builds.readOutput(id, output);
      context.signal.addEventListener("abort", () =>
        stream.destroy(new Error("the reader of the output went away")),
      );
      for await (const chunk of stream) {
        for (const data of chunks(chunk, maxChunkBytes)) yield { data };
      }
    },
  };
}
