import { readFileSync } from "node:fs";
import { join } from "node:path";
import { cacheFolder } from "../../util/cache-folder.js";
import type { SocketCalls } from "./socket-calls.js";

/** The method that answers with it. */
export const negotiateMethod = "slipway.v1.HostService/Negotiate";

/** What Negotiate answered, in JSON. */
export interface Negotiated {
  /** Equal for equal answers. Empty for a host that has none: the answer cannot be kept. */
  etag: string;
  capabilities: { id: string }[];
  environment?: { variables?: string[] };
}

/** Who negotiates with which host. */
export interface Caller {
  client: { name: string; version: string };
  /** Path of the host's socket. */
  socket: string;
  env: NodeJS.ProcessEnv;
}

/** The answer that an earlier process kept; undefined when there is none. */
export function keptNegotiation(caller: Caller): Negotiated | undefined {
  try {
    const { etag, capabilities, environment } = JSON.parse(readFileSync(fileOf(caller), "utf8"));
    const { variables = [] } = environment ?? {};
    const isWhole = typeof etag === "string" && Array.isArray(capabilities) && Array.isArray(variables);
    return isWhole ? { etag, capabilities, environment } : undefined;
  } catch {
    return undefined;
  }
}

/** Negotiates, and keeps the answer for later processes. */
export async function negotiate(calls: SocketCalls, caller: Caller): Promise<Negotiated> {
  const { answer, headers } = await calls.json(negotiateMethod, { client: caller.client });
  const { capabilities = [], environment } = answer as Partial<Negotiated>;
  const negotiated = { etag: headers.etag ?? "", capabilities, environment };
  if (negotiated.etag) {
    const { writeAtomically } = await import("../../util/write-atomically.js");
    // Without the file, the next process negotiates again.
    await writeAtomically(fileOf(caller), JSON.stringify(negotiated)).catch(() => {});
  }
  return negotiated;
}

/** A file for each version of the client, since the host must learn of a newer one. */
function fileOf({ client, socket, env }: Caller): string {
  const name = `${Buffer.from(socket).toString("base64url")}.${client.version}.json`;
  return join(cacheFolder(env), "negotiated", name);
}
