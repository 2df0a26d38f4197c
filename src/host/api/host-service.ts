import type { MessageInitShape } from "@bufbuild/protobuf";
import type { ServiceImpl } from "@connectrpc/connect";
import type { CheckResultSchema, HostService } from "../../gen/slipway/v1/host_pb.js";
import { isNewerVersion } from "../../util/is-newer-version.js";
import { version } from "../../util/version.js";
import { callerOf, requireLocal } from "../access/caller.js";
import type { Builds } from "../builds/builds.js";
import { requireCapabilities } from "./host-capabilities.js";
import { etagOf, type Negotiation } from "./negotiation.js";

/** Name of the command line as a client. It starts hosts from its own program; other clients run that of the PATH. */
const commandName = "slipway-cli";

/** What the host service uses. */
export interface HostServiceOptions {
  builds: Builds;
  negotiation: Negotiation;
  /** A command of a newer version called, which can start a host of that version. */
  onNewerCommand(version: string): void;
  /** Checks the host's own files and folders. */
  diagnose(): Promise<MessageInitShape<typeof CheckResultSchema>[]>;
  /** Ends the host after the call has been answered. */
  shutdown(options: { force: boolean }): void;
}

/** slipway.v1.HostService. */
export function hostService({
  builds,
  negotiation,
  onNewerCommand,
  diagnose,
  shutdown,
}: HostServiceOptions): ServiceImpl<typeof HostService> {
  return {
    async negotiate({ requiredCapabilities, client }, context) {
      const isCommand = client?.name === commandName && callerOf(context).transport === "unix";
      if (isCommand && isNewerVersion(client.version, version)) onNewerCommand(client.version);
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
