import { readFileSync } from "node:fs";
import { NotInvited } from "./process-contract.js";

/** What an operator says in the environment of a plugin that no host starts. */
export interface OperatorSettings {
  /** Where to listen. */
  host: string;
  port: number;
  /** The plugin's certificate and key, and the authority of the hosts' certificates, in PEM. */
  tls: { cert: string; key: string; ca: string };
}

/** Names of the variables by which an operator runs a plugin; all are needed. */
export const operatorVariables = {
  /** host:port, or [IPv6]:port. */
  listen: "SLIPWAY_PLUGIN_LISTEN",
  /** Files in PEM. */
  cert: "SLIPWAY_PLUGIN_TLS_CERT",
  key: "SLIPWAY_PLUGIN_TLS_KEY",
  clientCa: "SLIPWAY_PLUGIN_TLS_CLIENT_CA",
} as const;

/** Reads the operator's settings; undefined when there is no address to listen on. Throws {@link NotInvited}. */
export function readOperatorSettings(env: NodeJS.ProcessEnv): OperatorSettings | undefined {
  const listen = env[operatorVariables.listen];
  if (!listen) return undefined;
  const [, name = "", six = "", port] = /^(?:([^[\]:]+)|\[([^\]]+)\]):(\d{1,5})$/.exec(listen) ?? [];
  if (!port || Number(port) > 65_535)
    throw new NotInvited(`${operatorVariables.listen} must be host:port, and is ${JSON.stringify(listen)}`);
  const read = (variable: string) => {
    const file = env[variable];
    if (!file) throw new NotInvited(`${variable} is not set: without mutual TLS no plugin listens on TCP`);
    try {
      return readFileSync(file, "utf8");
    } catch (cause) {
      throw new NotInvited(`${variable}: ${(cause as Error).message}`);
    }
  };
  const tls = {
    cert: read(operatorVariables.cert),
    key: read(operatorVariables.key),
    ca: read(operatorVariables.clientCa),
  };
  return { host: name || six, port: Number(port), tls };
}
