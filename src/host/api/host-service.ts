import type { MessageInitShape } from "@bufbuild/protobuf";
import type { ServiceImpl } from "@connectrpc/connect";
import type { CheckResultSchema, HostService } from "../../gen/slipway/v1/host_pb.js";
import { requireLocal } from "../access/caller.js";
import type { Builds } from "../builds/builds.js";
import { requireCapabilities } from "./host-capabilities.js";
import { etagOf, type Negotiation } from "./negotiation.js";

/** What the host service uses. */
export interface HostServiceOptions {
  builds: Builds;
  negotiation: Negotiation;
  /** Checks the host's own files and folders. */
  diagnose(): Promise<MessageInitShape<typeof CheckResultSchema>[]>;
  /** Ends the host after the call has been answered. */
  shutdown(options: { force: boolean }): void;
}

/** slipway.v1.HostService. */
export function hostService({
  builds,
  negotiation,
  diagnose,
  shutdown,
}: HostServiceOptions): ServiceImpl<typeof HostService> {
  return {
    async negotiate({ requiredCapabilities }, context) {
      const answer = await negotiation.answer(context);
      requireCapabilities(requiredCapabilities, answer.capabilities);
      context.responseHeader.set("etag", etagOf(answer));
      return answer;
    },
    async diagnose() {
      return { results: await diagnose() };
    },
    async shutdown({ force }, context) {
      requireLocal(context, "");
      shutdown({ force });
      return { runningBuildCount: builds.running };
    },
  };
}
