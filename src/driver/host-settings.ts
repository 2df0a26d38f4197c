import { existsSync, statSync } from "node:fs";
import {
  contractVariables,
  debugVariable,
  magicCookie,
  protocolVersions,
} from "../plugin-protocol/process-contract.js";

/** Whether the author has started this process, and no host. */
export function isDebugged(env: NodeJS.ProcessEnv): boolean {
  return Boolean(env[debugVariable]) && !hasHost(env);
}

function hasHost(env: NodeJS.ProcessEnv): boolean {
  return env[magicCookie.key] === magicCookie.value;
}

/** The settings that a host passes in the environment. */
export interface HostSettings {
  /** Protocol version to speak. */
  version: number;
  /** The host's certificate in PEM; absent means no TLS. */
  clientCertificate?: string;
  /** The host's folder for sockets; absent means that the plugin makes its own. */
  socketDir?: string;
  /** Stdin ends when the host dies. */
  heldStdin: boolean;
}

/** The process cannot serve as a plugin. The message is for the person who started it. */
export class CannotServe extends Error {}

/** Reads the host's settings. Throws {@link CannotServe} when no host started the process. */
export function readHostSettings(name: string, env: NodeJS.ProcessEnv): HostSettings {
  if (!hasHost(env)) {
    throw new CannotServe(
      `${name} is a Slipway driver plugin: a Slipway host starts it.\n` +
        "Install it with `slipway plugins install FOLDER`, where FOLDER contains slipway-plugin.json.\n" +
        `To run it by hand, for example in a debugger, set ${debugVariable}=1.`,
    );
  }
  const socketDir = env[contractVariables.socketDir] || undefined;
  if (socketDir && !(existsSync(socketDir) && statSync(socketDir).isDirectory())) {
    throw new CannotServe(`${contractVariables.socketDir} is not a folder: ${socketDir}.`);
  }
  return {
    version: chooseVersion(env[contractVariables.protocolVersions]),
    clientCertificate: env[contractVariables.clientCertificate] || undefined,
    socketDir,
    heldStdin: env[contractVariables.heldStdin] === "true",
  };
}

/** The highest version that both sides speak; without one, the plugin's lowest, so that the host can report it. */
function chooseVersion(offered = ""): number {
  const common = protocolVersions.filter((version) => offered.split(",").includes(String(version)));
  return common.length > 0 ? Math.max(...common) : Math.min(...protocolVersions);
}
