import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { InputError } from "../errors/input-error.js";
import { isJsonObject } from "../util/is-json-object.js";
import type { Credential } from "./credential.js";
import type { DockerProxies } from "./docker-proxies.js";

/** The parts of docker's `config.json` that a build needs. */
export interface DockerConfig {
  /** The file it was read from, for messages. */
  path: string;
  /** The environment that it was read in; credential helpers run in it. */
  env: NodeJS.ProcessEnv;
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
  /** What cannot be read, and is left out: the file, `DOCKER_AUTH_CONFIG`, or entries of them. */
  faults: readonly InputError[];
}

/** The folder of docker's client configuration: `DOCKER_CONFIG`, or `~/.docker`. */
export function dockerConfigDir(env = process.env): string {
  return env.DOCKER_CONFIG || join(env.HOME || homedir(), ".docker");
}

/**
 * Reads `config.json` in the folder. A missing or empty file is an empty configuration. Of a damaged one, what can be read
 * is used, since most builds need no login; `faults` says what was left out.
 */
export async function readDockerConfig(dir: string, env = process.env): Promise<DockerConfig> {
  const path = join(dir, "config.json");
  const faults: InputError[] = [];
  const faultIn = (source: string) => (why: string) => void faults.push(fault(source, why));
  const inFile = faultIn(path);
  const inVariable = faultIn("DOCKER_AUTH_CONFIG");
  const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOENT" && error.code !== "ENOTDIR")
      inFile(`it cannot be read (${error.code ?? error.message})`);
    return "";
  });
  const file = parseObject(text, inFile);
  const given = parseAuths(parseObject(env.DOCKER_AUTH_CONFIG ?? "", inVariable), inVariable);
  return {
    path,
    env,
    auths: new Map([...parseAuths(file, inFile), ...given]),
    fromEnvironment: new Set(given.keys()),
    credsStore: typeof file.credsStore === "string" && file.credsStore !== "" ? file.credsStore : undefined,
    credHelpers: new Map(
      Object.entries(section(file, "credHelpers", inFile)).filter(
        (entry): entry is [string, string] => typeof entry[1] === "string",
      ),
    ),
    proxies: Object.fromEntries(
      Object.entries(section(file, "proxies", inFile)).map(([host, proxies]) => [host, asObject(proxies)]),
    ),
    faults,
  };
}

/** Takes a clause about what is left out. */
type OnFault = (why: string) => void;

function parseAuths(config: Record<string, unknown>, onFault: OnFault): Map<string, Credential> {
  const auths = new Map<string, Credential>();
  for (const [server, value] of Object.entries(section(config, "auths", onFault))) {
    const entry = asObject(value);
    const text = (name: string) => (typeof entry[name] === "string" ? (entry[name] as string) : "");
    const basic = text("auth") ? decodeAuth(text("auth")) : [text("username"), text("password")];
    if (!basic) onFault(`the auth entry for ${server} is not base64 of user:password`);
    const [username = "", password = ""] = basic ?? [];
    const identityToken = text("identitytoken");
    const registryToken = text("registrytoken") || undefined;
    const credential = identityToken
      ? { username: "", secret: identityToken, registryToken }
      : { username, secret: password, registryToken };
    if (credential.secret || registryToken) auths.set(server, credential);
  }
  return auths;
}

/** User and password; undefined when the text is not base64 of them. */
function decodeAuth(auth: string): [username: string, password: string] | undefined {
  const decoded = Buffer.from(auth, "base64").toString("utf8");
  const colon = decoded.indexOf(":");
  if (colon < 1 || !/^[A-Za-z0-9+/]*={0,2}$/.test(auth.trim())) return undefined;
  return [decoded.slice(0, colon), decoded.slice(colon + 1).replace(/^\0+|(?<!\0)\0+$/g, "")];
}

/** The object in a text; an empty one for a text without an object. */
function parseObject(text: string, onFault: OnFault): Record<string, unknown> {
  if (text.trim() === "") return {};
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // The parser's own message quotes the text, which may contain a password.
    onFault("it is not JSON");
    return {};
  }
  if (!isJsonObject(value)) onFault("it is not a JSON object");
  return asObject(value);
}

/** An object in a configuration; an empty one when it is missing or something else. */
function section(config: Record<string, unknown>, name: string, onFault: OnFault): Record<string, unknown> {
  const value = config[name];
  if (value !== undefined && value !== null && !isJsonObject(value)) onFault(`${name} is not a JSON object`);
  return asObject(value);
}

function asObject(value: unknown): Record<string, unknown> {
  return isJsonObject(value) ? value : {};
}

function fault(source: string, why: string): InputError {
  return new InputError({
    reason: "DOCKER_CONFIG_INVALID",
    field: source,
    message: `Docker's configuration in ${source} is not used in full: ${why}.`,
    remedy: "Correct it, or log in again with docker login.",
  });
}
