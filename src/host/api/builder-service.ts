import type { ServiceImpl } from "@connectrpc/connect";
import { invalidField } from "../../errors/typed-error.js";
import type { BuilderService } from "../../gen/slipway/v1/builder_pb.js";
import { authorize } from "../access/caller.js";
import { userOf } from "../access/user.js";
import type { Builders } from "../builders/builders.js";

/** slipway.v1.BuilderService over the host's builders. */
export function builderService(builders: Builders): ServiceImpl<typeof BuilderService> {
  return {
    async createBuilder(request, context) {
      return builders.create(request, userOf(request.environment, context), context.signal);
    },
    async appendNode(request, context) {
      return builders.append(request, userOf(request.environment, context), context.signal);
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
    async *bootstrapBuilder({ name, environment, change }, context) {
      if (change.case) {
        authorize("slipway.v1.BuilderService/CreateBuilder", context);
        const user = userOf(change.value.environment, context);
        yield* builders.bootChange(change, user, context.signal);
      } else yield* builders.boot(name, userOf(environment, context), context.signal);
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
      return { builder: await builders.limit(request, userOf({}, context), context.signal) };
    },
    async getDiskUsage(request, context) {
      return builders.diskUsage(request, userOf(request.environment, context), context.signal);
    },
    async *pruneBuilder(request, context) {
      yield* builders.prune(request, userOf(request.environment, context), context.signal);
    },
    async *dialBuilder(requests, context) {
      const iterator = requests[Symbol.asyncIterator]();
      const first = await iterator.next();
      const target = first.done ? undefined : first.value.target;
      if (!target) {
        const message = "The first request has no target.";
        throw invalidField("target", "TARGET_MISSING", message, "Set target in the first request.");
      }
      yield* builders.dial(target, iterator, userOf(target.environment, context), context.signal);
    },
  };
}
