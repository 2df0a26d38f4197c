import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { InputError } from "../errors/input-error.js";
import type { Credential } from "./credential.js";
import type { DockerProxies } from "./docker-proxies.js";

/** The parts of docker's `config.json` that a build needs. */
export interface DockerConfig {
  /** The file it was read from, for messages. */
  path: string;
  /** Credentials in the file itself or in `DOCKER_AUTH_CONFIG`, by server address as written. */
  auths: ReadonlyMap<string, Credential>;
  /** Registries from `DOCKER_AUTH_CONFIG`, which win over credential stores. */
  fromEnvironment: ReadonlySet<string>;
  /** Credential helper for all registries, the part after `docker-credential-`. */
  credsStore?: string;
  /** Credential helper by server address. */
  credHelpers: ReadonlyMap<string, string>;
  /** Proxy settings by docker host; `default` for the others. */
  proxies: Readonly<Record<string, DockerProxies>>;
}

/** The folder of docker's client configuration: `DOCKER_CONFIG`, or `~/.docker`. */
export function dockerConfigDir(env = process.env): string {
  return env.DOCKER_CONFIG || join(homedir(), ".docker");
}

/**
 * Reads `config.json` in the folder. A missing file is an empty configuration; a broken one is an {@link InputError}.
 */
export async function readDockerConfig(dir = dockerConfigDir(), env = process.env): Promise<DockerConfig> {
  const path = join(dir, "config.json");
  const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT" || error.code === "ENOTDIR") return "{}";
    throw invalid(path, `it cannot be read (${error.code ?? error.message})`);
  });
  const file = parseObject(text || "{}", path);
  const given = env.DOCKER_AUTH_CONFIG
    ? parseAuths(parseObject(env.DOCKER_AUTH_CONFIG, "DOCKER_AUTH_CONFIG"), "DOCKER_AUTH_CONFIG")
    : new Map<string, Credential>();
  return {
    path,
    auths: new Map([...parseAuths(file, path), ...given]),
    fromEnvironment: new Set(given.keys()),
    credsStore: typeof file.credsStore === "string" && file.credsStore !== "" ? file.credsStore : undefined,
    credHelpers: new Map(
      Object.entries(asObject(file.credHelpers)).filter(
        (entry): entry is [string, string] => typeof entry[1] === "string",
      ),
    ),
    proxies: asObject(file.proxies) as Record<string, DockerProxies>,
  };
}

function parseAuths(config: Record<string, unknown>, source: string): Map<string, Credential> {
  const auths = new Map<string, Credential>();
  for (const [server, value] of Object.entries(asObject(config.auths))) {
    const entry = asObject(value);
    const text = (name: string) => (typeof entry[name] === "string" ? (entry[name] as string) : "");
    const [username, password] = text("auth")
      ? decodeAuth(text("auth"), server, source)
      : [text("username"), text("password")];
    const identityToken = text("identitytoken");
    const registryToken = text("registrytoken") || undefined;
    const credential = identityToken
      ? { username: "", secret: identityToken, registryToken }
      : { username, secret: password, registryToken };
    if (credential.secret || registryToken) auths.set(server, credential);
  }
  return auths;
}

function decodeAuth(auth: string, server: string, source: string): [username: string, password: string] {
  const decoded = Buffer.from(auth, "base64").toString("utf8");
  const colon = decoded.indexOf(":");
  if (colon < 1 || !/^[A-Za-z0-9+/]*={0,2}$/.test(auth.trim()))
    throw invalid(source, `the auth entry for ${server} is not base64 of user:password`);
  return [decoded.slice(0, colon), decoded.slice(colon + 1).replace(/^\0+|\0+$/g, "")];
}

function parseObject(text: string, source: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // The parser's own message quotes the text, which may contain a password.
    throw invalid(source, "it is not JSON");
  }
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw invalid(source, "it is not a JSON object");
  return value as Record<string, unknown>;
}

function asObject(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : {};
}

function invalid(source: string, why: string): InputError {
  return new InputError({
    reason: "DOCKER_CONFIG_INVALID",
    field: source,
    message: `Docker's configuration in ${source} cannot be used: ${why}.`,
    remedy: "Correct it, or log in again with docker login.",
  });
}
