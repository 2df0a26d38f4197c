import { protocolVersions } from "../plugin-protocol/process-contract.js";
import { formatReattach } from "../plugin-protocol/reattach.js";

/** What a plugin that listens on a socket prints: a line for programs, and how a person attaches it to a host. */
export function invitation(plugin: string, path: string): { line: string; hint: string } {
  const line = formatReattach({
    protocol: "grpc",
    protocolVersion: protocolVersions[0],
    pid: process.pid,
    network: "unix",
    address: path,
  });
  const command = `slipway plugins attach '${line.replaceAll("'", "'\\''")}'`;
  return { line, hint: `The plugin ${plugin} waits for a host. Attach it with:\n\n  ${command}\n` };
}
