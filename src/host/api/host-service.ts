import type { MessageInitShape } from "@bufbuild/protobuf";
import type { ServiceImpl } from "@connectrpc/connect";
import type { Peer } from "../../gen/slipway/common/v1/capability_pb.js";
import type { CheckResultSchema, HostService } from "../../gen/slipway/v1/host_pb.js";
import { isNewerVersion } from "../../util/is-newer-version.js";
import { version } from "../../util/version.js";
import { callerOf, requireLocal } from "../access/caller.js";
import type { Builds } from "../builds/builds.js";
import { requireCapabilities } from "./host-capabilities.js";
import { etagOf, type Negotiation } from "./negotiation.js";

/** Names of Slipway's own clients, which start hosts. Their versions are Slipway's; those of other names are not. */
const ownClients = new Set(["slipway-cli", "slipway-js", "slipway-go", "slipway-python", "slipway-java"]);

/** What the host service uses. */
export interface HostServiceOptions {
  builds: Builds;
  negotiation: Negotiation;
  /** A client of this machine called that is newer than the host: a command or a library. */
  onNewerClient(client: Peer): void;
  /** Checks the host's own files and folders. */
  diagnose(): Promise<MessageInitShape<typeof CheckResultSchema>[]>;
  /** Ends the host after the call has been answered. */
  shutdown(options: { force: boolean }): void;
}

/** slipway.v1.HostService. */
export function hostService({
  builds,
  negotiation,
  onNewerClient,
  diagnose,
  shutdown,
}: HostServiceOptions): ServiceImpl<typeof HostService> {
  return {
    async negotiate({ requiredCapabilities, client }, context) {
      const isOwn = client && ownClients.has(client.name) && callerOf(context).transport === "unix";
      if (isOwn && isNewerVersion(client.version, version)) onNewerClient(client);
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
