import { availableParallelism } from "node:os";
import { create } from "@bufbuild/protobuf";
import type { ServiceImpl } from "@connectrpc/connect";
import { planInWorker } from "../../bake/plan-in-worker.js";
import { invalidField } from "../../errors/typed-error.js";
import { BuildSpecSchema } from "../../gen/slipway/build/v1/build_spec_pb.js";
import { type BakeFile, type BakeService, StartBakeRequestSchema } from "../../gen/slipway/v1/bake_pb.js";
import type { RepeatedRequests } from "../../requests/repeated-requests.js";
import { KeyedMutex } from "../../util/keyed-mutex.js";
import { mergeStreams } from "../../util/merge-streams.js";
import { requireRole } from "../access/authorize.js";
import { accessLostKey, principalOf } from "../access/caller.js";
import { maxBakeFileBytes, requireTargets, requireWatched } from "../builds/bake.js";
import type { Builds } from "../builds/builds.js";
import { requireUrl } from "../builds/fetch-definition.js";
import type { Limits } from "../quotas/limits.js";
import { Quota } from "../quotas/quota.js";
import { buildCaller } from "./build-caller.js";
import type { Negotiation } from "./negotiation.js";

/** slipway.v1.BakeService over the host's builds. */
export function bakeService(
  builds: Builds,
  negotiation: Negotiation,
  repeated: RepeatedRequests,
  limits: Limits,
): ServiceImpl<typeof BakeService> {
  const remedy = "Plan again when another plan has ended.";
  const plans = new Quota(
    { all: "bake-plans", each: "principal-bake-plans", what: "plans of bakes", remedy },
    limits,
  );
  // As many threads as cores; each may take much memory.
  const threads = new KeyedMutex();
  let planned = 0;
  return {
    async fetchBake(request, context) {
      return builds.fetchDefinition(request, buildCaller(context), context.signal);
    },
    async planBake(request, context) {
      const { targets, overrides, variables, environment, dotEnv, listOnly, contextUrl } = request;
      const { commandContext, localPlatform } = request;
      if (contextUrl) requireUrl("context_url", contextUrl);
      const builtIn = {
        BAKE_CMD_CONTEXT: commandContext || "cwd://",
        BAKE_LOCAL_PLATFORM: localPlatform || hostPlatform(),
      };
      const files = readFiles(request.files);
      const given = { targets, overrides, variables, environment, dotEnv, contextUrl, listOnly };
      const input = { ...given, files, builtIn };
      const principal = principalOf(context);
      plans.take(principal, 1);
      try {
        const thread = String(planned++ % availableParallelism());
        const plan = () => planInWorker(input, context.signal);
        return await threads.runExclusive(thread, context.signal, plan);
      } finally {
        plans.give(principal, 1);
      }
    },
    async startBake(request, context) {
      await negotiation.requireCurrent(context);
      const caller = buildCaller(context);
      const { signal } = context;
      const call = { desc: StartBakeRequestSchema, request, principal: caller.principal.id, signal };
      requireTargets(request.targets);
      return repeated.answer(call, async () => {
        const targets = request.targets.map(({ name, spec }) => ({
          name,
          spec: spec ?? create(BuildSpecSchema),
        }));
        const started = await builds.startTogether(targets, caller);
        return { targets: started.map((build, index) => ({ name: targets[index]!.name, build })) };
      });
    },
    async *watchBake({ targets, cancelOnDisconnect }, context) {
      requireWatched(targets);
      const principal = principalOf(context);
      if (cancelOnDisconnect) requireRole(principal, "builder", "cancel_on_disconnect");
      // An unknown build is an error before the first event.
      const { views } = builds;
      const get = ({ id }: { id: string }) =>
        cancelOnDisconnect
          ? views.getForChange(id, principal, "cancel_on_disconnect")
          : views.get(id, principal);
      await Promise.all(targets.map(get));
      const ended = new Set<string>();
      const streams = targets.map(async function* watch({ name, id, fromSequence }) {
        for await (const event of builds.views.watch(id, Number(fromSequence), principal, context.signal))
          yield { target: name, id, event };
        ended.add(id);
      });
      try {
        yield* mergeStreams(streams);
      } finally {
        const isRefused = context.values.get(accessLostKey).aborted;
        if (cancelOnDisconnect && !isRefused && !builds.isStopping)
          await Promise.all(
            targets.filter(({ id }) => !ended.has(id)).map(({ id }) => builds.cancel(id, principal)),
          );
      }
    },
  };
}

function readFiles(files: readonly BakeFile[]): { name: string; text: string }[] {
  const size = files.reduce((total, { content }) => total + content.length, 0);
  if (size > maxBakeFileBytes) {
    const message = `The files have ${size} bytes, more than ${maxBakeFileBytes}.`;
    throw invalidField("files", "BAKE_INVALID", message);
  }
  const decoder = new TextDecoder("utf-8", { fatal: true });
  return files.map(({ name, content }, index) => {
    try {
      return { name, text: decoder.decode(content) };
    } catch {
      throw invalidField(`files[${index}].content`, "BAKE_INVALID", `The file ${name} is not UTF-8.`);
    }
  });
}

function hostPlatform(): string {
  const architecture = { x64: "amd64", ia32: "386" }[process.arch as string] ?? process.arch;
  return `linux/${architecture}`;
}
