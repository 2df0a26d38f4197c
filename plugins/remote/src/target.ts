import type { LookupFunction } from "node:net";
import { allowedLookup, type NodeConfig, type TlsSettings } from "slipway/driver";
import { type Endpoint, isDirect, parseEndpoint } from "./endpoint.js";
import { readTlsFiles, tlsOptionNames } from "./tls-files.js";

/** What a connection needs: the endpoint and its TLS settings. */
export interface Target {
  endpoint: Endpoint;
  /** The endpoint as the user wrote it, for messages. */
  text: string;
  /** Absent means plain text. */
  tls?: TlsSettings;
  /** Resolves the endpoint's host; absent means that Node does. */
  lookup?: LookupFunction;
}

/** Whether connections to an endpoint with these options use TLS. */
export function usesTls(endpoint: Endpoint, options: Record<string, string>): boolean {
  if (endpoint.kind === "https") return true;
  return endpoint.kind === "tcp" && tlsOptionNames.some((name) => options[name]);
}

/** Reads a node's configuration and the files that it names. */
export async function readTarget(config: NodeConfig): Promise<Target> {
  const { endpoint: text, options } = config;
  const endpoint = parseEndpoint(text);
  const tls = usesTls(endpoint, options) ? await readTlsFiles(options) : undefined;
  return { endpoint, text, tls, lookup: allowedLookup(config) };
}

/** How long BuildKit may take to answer, in milliseconds. A program first has to connect itself. */
export function answerTimeoutMs(endpoint: Endpoint): number {
  return isDirect(endpoint) ? 4_000 : 15_000;
}
