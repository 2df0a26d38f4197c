import { goPluginVersion, protocolVersions } from "./process-contract.js";

/** The first line that a plugin writes on stdout. */
export interface HandshakeLine {
  /** Protocol version: one of those that the host offered. */
  version: number;
  /** Where the plugin listens. */
  address: { network: "unix"; path: string } | { network: "tcp"; host: string; port: number };
  /** The plugin's certificate in DER; absent without AutoMTLS. */
  certificate?: Buffer;
}

/** Writes the line in go-plugin's form, without the newline: CORE|APP|NETWORK|ADDRESS|PROTOCOL|CERTIFICATE. */
export function formatHandshakeLine({ version, address, certificate }: HandshakeLine): string {
  const where = address.network === "unix" ? address.path : `${address.host}:${address.port}`;
  // Without padding, for Go's base64.RawStdEncoding.
  const encoded = certificate?.toString("base64").replace(/=+$/, "") ?? "";
  return [goPluginVersion, version, address.network, where, "grpc", encoded].join("|");
}

/** A handshake line of a version that is not supported. */
export class UnknownVersion extends Error {}

/**
 * Reads the line. Throws an Error whose message is a clause that says what is wrong; {@link UnknownVersion} when that is
 * a version.
 */
export function parseHandshakeLine(line: string): HandshakeLine {
  const [core, version, network, address, protocol, certificate] = line.trim().split("|");
  if (core === undefined || version === undefined || network === undefined || address === undefined) {
    throw new Error("it is not a handshake line (1|VERSION|NETWORK|ADDRESS|grpc|CERTIFICATE)");
  }
  if (core !== String(goPluginVersion)) {
    throw new UnknownVersion(
      `it speaks version ${core} of the go-plugin handshake; only ${goPluginVersion} is supported`,
    );
  }
  if (!protocolVersions.some((known) => String(known) === version)) {
    throw new UnknownVersion(
      `it speaks version ${version} of the driver protocol; this host speaks ${protocolVersions.join(", ")}`,
    );
  }
  if (protocol !== "grpc") throw new Error(`it speaks ${protocol || "netrpc"} instead of grpc`);
  return {
    version: Number(version),
    address: parseAddress(network, address),
    certificate: certificate ? Buffer.from(certificate, "base64") : undefined,
  };
}

function parseAddress(network: string, address: string): HandshakeLine["address"] {
  if (network === "unix") {
    if (!address.startsWith("/")) throw new Error(`its socket path is not absolute: ${address}`);
    return { network, path: address };
  }
  if (network === "tcp") {
    const match = /^(127(?:\.\d+){3}|localhost|\[::1\]):(\d+)$/.exec(address);
    if (!match) throw new Error(`its address is not on the loopback interface: ${address}`);
    return { network, host: match[1]!.replace(/[[\]]/g, ""), port: Number(match[2]) };
  }
  throw new Error(`its network is neither unix nor tcp: ${network}`);
}
