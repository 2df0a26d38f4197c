import { existsSync, statSync } from "node:fs";
import { magicCookie, protocolVersions, variables } from "../plugin-protocol/contract.js";

/** What the host says in the environment. */
export interface Invitation {
  /** The protocol version to speak. */
  version: number;
  /** The host's certificate in PEM; absent means no TLS. */
  clientCertificate?: string;
  /** The host's folder for sockets; absent means that the plugin makes its own. */
  socketDir?: string;
  /** Stdin ends when the host dies. */
  heldStdin: boolean;
}

/** Why a process can't be a plugin; shown to whoever started it. */
export class NotInvited extends Error {}

/** Reads what the host says. Throws {@link NotInvited} when no host started the process. */
export function readInvitation(name: string, env: NodeJS.ProcessEnv): Invitation {
  if (env[magicCookie.key] !== magicCookie.value) {
    throw new NotInvited(
      `${name} is a Slipway driver plugin and is started by a Slipway host, not by hand.\n` +
        "Put its folder, with slipway-plugin.json in it, into one of the host's plugin folders; `slipway plugins` lists them.",
    );
  }
  const socketDir = env[variables.socketDir] || undefined;
  if (socketDir && !(existsSync(socketDir) && statSync(socketDir).isDirectory())) {
    throw new NotInvited(`${variables.socketDir} is no folder: ${socketDir}`);
  }
  return {
    version: chooseVersion(env[variables.protocolVersions]),
    clientCertificate: env[variables.clientCertificate] || undefined,
    socketDir,
    heldStdin: env[variables.heldStdin] === "true",
  };
}

/** The highest version in common; without one, the lowest of ours, so that the host can say what it can't speak. */
function chooseVersion(offered = ""): number {
  const common = protocolVersions.filter((version) => offered.split(",").includes(String(version)));
  return common.length > 0 ? Math.max(...common) : Math.min(...protocolVersions);
}
