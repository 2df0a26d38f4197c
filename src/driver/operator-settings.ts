import { readFileSync } from "node:fs";
import { parseTcpAddress } from "../plugin-protocol/tcp-address.js";
import { CannotServe } from "./host-settings.js";

/** When a host on another machine counts as dead: its leases end within 80 s. */
export const hostSilence = { afterMs: 30_000, answerMs: 20_000 };

/** The settings that an operator passes in the environment of a plugin that no host starts. */
export interface OperatorSettings {
  /** Where to listen. */
  host: string;
  port: number;
  /** The plugin's certificate and key, and the authority that signs the hosts' certificates, in PEM. */
  tls: { cert: string; key: string; ca: string };
}

/** Names of the operator's variables; all are required. */
const operatorVariables = {
  /** host:port, or [IPv6]:port. */
  listen: "SLIPWAY_PLUGIN_LISTEN",
  /** Files in PEM. */
  cert: "SLIPWAY_PLUGIN_TLS_CERT",
  key: "SLIPWAY_PLUGIN_TLS_KEY",
  clientCa: "SLIPWAY_PLUGIN_TLS_CLIENT_CA",
} as const;

/** Reads the operator's settings; undefined when there is no address to listen on. Throws {@link CannotServe}. */
export function readOperatorSettings(env: NodeJS.ProcessEnv): OperatorSettings | undefined {
  const listen = env[operatorVariables.listen];
  if (!listen) return undefined;
  const address = parseTcpAddress(listen);
  if (!address)
    throw new CannotServe(`${operatorVariables.listen} must be host:port, and is ${JSON.stringify(listen)}.`);
  const read = (variable: string) => {
    const file = env[variable];
    if (!file) throw new CannotServe(`${variable} is not set. A plugin listens on TCP with mutual TLS only.`);
    try {
      return readFileSync(file, "utf8");
    } catch (cause) {
      throw new CannotServe(`${variable} names a file that cannot be read: ${(cause as Error).message}.`);
    }
  };
  const tls = {
    cert: read(operatorVariables.cert),
    key: read(operatorVariables.key),
    ca: read(operatorVariables.clientCa),
  };
  return { ...address, tls };
}
