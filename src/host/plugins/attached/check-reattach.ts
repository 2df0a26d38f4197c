import { isAbsolute } from "node:path";
import { isLoopback } from "../../../network/is-loopback.js";
import type { PlainAddress } from "../../../plugin-client/plugin-connection.js";
import { protocolVersions } from "../../../plugin-protocol/process-contract.js";
import type { Reattach } from "../../../plugin-protocol/reattach.js";
import { parseTcpAddress } from "../../../plugin-protocol/tcp-address.js";
import { isAlive } from "../../../util/is-alive.js";
import {
  addressRemote,
  processGone,
  reattachInvalid,
  socketMissing,
  untrusted,
  versionUnknown,
} from "./attach-errors.js";
import { findPrivateSocket } from "./socket-trust.js";

/** Checks reattach information and returns where the plugin listens. Rejects with a typed error. */
export async function checkReattach(reattach: Reattach): Promise<PlainAddress> {
  const { protocol, protocolVersion, pid, network, address } = reattach;
  if (protocol !== "grpc") {
    throw reattachInvalid("protocol", `The protocol must be "grpc", and is ${JSON.stringify(protocol)}.`);
  }
  if (!protocolVersions.some((known) => known === protocolVersion)) throw versionUnknown(protocolVersion);
  if (pid <= 0) throw reattachInvalid("pid", `${pid} is not a process id.`);
  if (network === "tcp") return onLoopback(address, pid);
  if (network !== "unix") {
    const message = `The network must be "unix" or "tcp", and is ${JSON.stringify(network)}.`;
    throw reattachInvalid("network", message);
  }
  if (!isAbsolute(address)) {
    throw reattachInvalid("address", `The socket's path is not absolute: ${JSON.stringify(address)}.`);
  }
  if (!isAlive(pid)) throw processGone(pid);
  const found = await findPrivateSocket(address).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === "ENOENT" || cause.code === "ENOTDIR") throw socketMissing(address);
    throw untrusted(cause.message);
  });
  if ("whyUntrusted" in found) throw untrusted(found.whyUntrusted);
  return found;
}

function onLoopback(address: string, pid: number): PlainAddress {
  const where = parseTcpAddress(address);
  if (!where) {
    throw reattachInvalid("address", `The address must be host:port, and is ${JSON.stringify(address)}.`);
  }
  if (!isLoopback(where.host)) throw addressRemote(address);
  if (!isAlive(pid)) throw processGone(pid);
  return where;
}
