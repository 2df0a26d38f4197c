import { clone, type MessageInitShape } from "@bufbuild/protobuf";
import type { ServiceImpl } from "@connectrpc/connect";
import { invalidField } from "../../errors/typed-error.js";
import {
  AppendNodeRequestSchema,
  type BootstrapBuilderRequest,
  BootstrapBuilderRequestSchema,
  type BootstrapBuilderResponseSchema,
  type BuilderService,
  CreateBuilderRequestSchema,
  UpdateNodeRequestSchema,
} from "../../gen/slipway/v1/builder_pb.js";
import type { RepeatedRequests } from "../../requests/repeated-requests.js";
import { reporting } from "../../util/reporting.js";
import { authorize } from "../access/caller.js";
import { userOf } from "../access/user.js";
import type { Boot, BootStep, Builders } from "../builders/builders.js";
import { endUnread } from "./end-unread.js";

/** slipway.v1.BuilderService over the host's builders. */
export function builderService(
  builders: Builders,
  repeated: RepeatedRequests,
): ServiceImpl<typeof BuilderService> {
  return {
    async createBuilder(request, context) {
      const { signal } = context;
      const user = userOf(request.environment, context);
      const call = { desc: CreateBuilderRequestSchema, request, principal: user.principal.id, signal };
      return repeated.answer(call, () => builders.create(request, user, signal));
    },
    async appendNode(request, context) {
      const { signal } = context;
      const user = userOf(request.environment, context);
      const call = { desc: AppendNodeRequestSchema, request, principal: user.principal.id, signal };
      return repeated.answer(call, () => builders.append(request, user, signal));
    },
    async updateNode(request, context) {
      const { signal } = context;
      const user = userOf(request.environment, context);
      const call = { desc: UpdateNodeRequestSchema, request, principal: user.principal.id, signal };
      return repeated.answer(call, () => builders.update(request, user, signal));
    },
    async leaveNode(request, context) {
      return builders.leave(request, userOf(request.environment, context), context.signal);
    },
    async getBuilder(request, context) {
      const user = userOf(request.environment, context);
      return { builder: await builders.get(request, user, context.signal) };
    },
    async listBuilders(request, context) {
      return builders.list(request, userOf(request.environment, context), context.signal);
    },
    async *bootstrapBuilder(request, context) {
      const { name, environment, change } = request;
      const { signal } = context;
      if (!change.case) {
        yield* bootEvents(builders.boot(name, userOf(environment, context), signal));
        return;
      }
      authorize("slipway.v1.BuilderService/CreateBuilder", context);
      const user = userOf(change.value.environment, context);
      const call = {
        desc: BootstrapBuilderRequestSchema,
        request: withRequestId(request),
        field: `${change.case}.request_id`,
        principal: user.principal.id,
        signal,
      };
      const boot = () => builders.bootChange(change, user, signal);
      yield* bootEvents(
        reporting((report: (step: BootStep) => Promise<void>) =>
          repeated.answer(call, () => finish(boot(), report)),
        ),
      );
    },
    async stopBuilder({ name, environment }, context) {
      return { builder: await builders.stop(name, userOf(environment, context), context.signal) };
    },
    async removeBuilder(request, context) {
      return builders.remove(request, userOf(request.environment, context), context.signal);
    },
    async setDefaultBuilder(request, context) {
      return { builder: await builders.setDefault(request, userOf(request.environment, context)) };
    },
    async setBuilderAccess(request, context) {
      return { builder: await builders.setAccess(request, userOf({}, context), context.signal) };
    },
    async getDiskUsage(request, context) {
      return builders.diskUsage(request, userOf(request.environment, context), context.signal);
    },
    async getDiskUsageHistory(request, context) {
      return builders.diskUsageHistory(request, userOf(request.environment, context));
    },
    async *pruneBuilder(request, context) {
      const user = userOf(request.environment, context);
      for await (const event of endUnread(builders.prune(request, user, context.signal))) yield { event };
    },
    async *dialBuilder(requests, context) {
      const iterator = requests[Symbol.asyncIterator]();
      const first = await iterator.next();
      const message = first.done ? undefined : first.value.message;
      if (message?.case !== "target") {
        const what = "The first request has no target.";
        throw invalidField("target", "TARGET_MISSING", what, "Set target in the first request.");
      }
      const target = message.value;
      yield* builders.dial(target, iterator, userOf(target.environment, context), context.signal);
    },
  };
}

/** The request with the id of its change as its own. */
function withRequestId(request: BootstrapBuilderRequest): BootstrapBuilderRequest & { requestId: string } {
  const copy = clone(BootstrapBuilderRequestSchema, request);
  const requestId = copy.change.value?.requestId ?? "";
  if (copy.change.case) copy.change.value.requestId = "";
  return Object.assign(copy, { requestId });
}

/** Takes all steps, and returns the result. */
async function finish<Step, T>(
  steps: AsyncGenerator<Step, T>,
  report: (step: Step) => Promise<void>,
): Promise<T> {
  for (;;) {
    const { done, value } = await steps.next();
    if (done) return value;
    // The boot does not wait for a slow reader.
    void report(value);
  }
}

async function* bootEvents(
  steps: Boot,
): AsyncGenerator<MessageInitShape<typeof BootstrapBuilderResponseSchema>> {
  for (;;) {
    const { done, value } = await steps.next();
    if (done) return yield { event: { case: "booted", value } };
    yield { event: { case: "progress", value } };
  }
}
