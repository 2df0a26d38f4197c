import { isObject, type JsonObject } from "./field-reader.js";

/** go-plugin's reattach information: where a plugin listens that its author has started, without TLS. */
export interface Reattach {
  /** "grpc". */
  protocol: string;
  /** Version of the driver protocol. */
  protocolVersion: number;
  /** Process id of the plugin. */
  pid: number;
  /** "unix", or "tcp" where there are no unix sockets. */
  network: string;
  /** Path of the socket, or host:port. */
  address: string;
}

/** Writes the information as go-plugin does. Test means that a host neither stops nor kills the process. */
export function formatReattach({ protocol, protocolVersion, pid, network, address }: Reattach): string {
  const where = { Network: network, String: address };
  return JSON.stringify({
    Protocol: protocol,
    ProtocolVersion: protocolVersion,
    Pid: pid,
    Test: true,
    Addr: where,
  });
}

/** Reads the form of the information, without its meaning. Throws an Error whose message is a clause. */
export function parseReattach(text: string): Reattach {
  const json = objectIn(text);
  const { Addr: where } = json;
  if (!isObject(where)) throw new Error("Addr must be an object with Network and String");
  return {
    protocol: textOf(json, "Protocol"),
    protocolVersion: numberOf(json, "ProtocolVersion"),
    pid: numberOf(json, "Pid"),
    network: textOf(where, "Network"),
    address: textOf(where, "String"),
  };
}

function objectIn(text: string): JsonObject {
  const json: unknown = parseJson(text);
  if (isObject(json)) return json;
  throw new Error('it is not a JSON object such as {"Protocol":"grpc",…}');
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function textOf(json: JsonObject, field: string): string {
  const value = json[field];
  if (typeof value === "string" && value !== "") return value;
  throw new Error(`${field} must be a string`);
}

function numberOf(json: JsonObject, field: string): number {
  const value = json[field];
  if (Number.isSafeInteger(value)) return value as number;
  throw new Error(`${field} must be a whole number`);
}
