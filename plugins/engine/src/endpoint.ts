import { isAbsolute } from "node:path";
import { contextName } from "./context-store.js";
import { endpointError } from "./engine-error.js";
import { type EngineTarget, formatTarget, parseTarget } from "./target.js";

/**
 * A node's endpoint. It is complete, so that it means the same in any environment. Its text form is the usual one, with
 * parameters only for settings that are not the default:
 *
 *     unix:///var/run/docker.sock
 *     tcp://build.example.com:2376?certPath=/home/me/.docker
 *     ssh://me@build.example.com
 *     desktop-linux                                 the Docker context of that name
 *     desktop-linux?config=/home/me/.docker-work    … with another DOCKER_CONFIG
 */
export type EngineEndpoint = (
  | {
      kind: "host";
      target: EngineTarget;
      /** Folder with ca.pem, cert.pem and key.pem; absent means plain text. */
      certPath?: string;
      /** Whether the server's certificate is checked; default true. */
      tlsVerify?: boolean;
    }
  | {
      kind: "context";
      name: string;
      /** The docker CLI's configuration folder, unless it is the default one. */
      configDir?: string;
    }
) & {
  /** API version to use, for example "1.41"; by default the newest that both sides support. */
  apiVersion?: string;
};

/** Writes an endpoint in its normal form. */
export function formatEndpoint(endpoint: EngineEndpoint): string {
  const parameters: Record<string, string | undefined> =
    endpoint.kind === "host"
      ? { certPath: endpoint.certPath, tlsVerify: endpoint.tlsVerify === false ? "0" : undefined }
      : { config: endpoint.configDir };
  const query = Object.entries({ ...parameters, apiVersion: endpoint.apiVersion })
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}=${encodeURIComponent(value!).replaceAll("%2F", "/")}`)
    .join("&");
  const base = endpoint.kind === "host" ? formatTarget(endpoint.target) : endpoint.name;
  return query ? `${base}?${query}` : base;
}

/** Reads an endpoint as a user or {@link formatEndpoint} wrote it. The text must not be empty. */
export function parseEndpoint(text: string): EngineEndpoint {
  const split = text.indexOf("?");
  const base = split < 0 ? text : text.slice(0, split);
  const given = new URLSearchParams(split < 0 ? "" : text.slice(split + 1));
  const take = (name: string) => {
    const value = given.get(name) ?? undefined;
    given.delete(name);
    return value;
  };
  const folder = (name: string) => {
    const path = take(name);
    if (path === undefined || isAbsolute(path)) return path;
    throw invalid(text, `${name} must be an absolute path`);
  };
  const endpoint: EngineEndpoint = contextName.test(base)
    ? { kind: "context", name: base, configDir: folder("config") }
    : { kind: "host", target: parseTarget(base), certPath: folder("certPath") };
  if (endpoint.kind === "host") {
    const verify = take("tlsVerify");
    if (verify !== undefined && verify !== "0" && verify !== "1")
      throw invalid(text, "tlsVerify must be 0 or 1");
    if (verify === "0") endpoint.tlsVerify = false;
    if (endpoint.target.kind !== "tcp" && (endpoint.certPath || verify))
      throw invalid(text, "only tcp:// endpoints support TLS");
  }
  const apiVersion = take("apiVersion");
  if (apiVersion !== undefined) endpoint.apiVersion = checkApiVersion(apiVersion, text);
  const [unknown] = given.keys();
  if (unknown !== undefined) throw invalid(text, `it has no parameter "${unknown}"`);
  return endpoint;
}

/** Returns an API version without the leading "v". Throws ENDPOINT_INVALID about `source` for other texts. */
export function checkApiVersion(version: string, source: string): string {
  const [, number] = /^v?(1\.\d{1,3})$/.exec(version) ?? [];
  if (number === undefined) throw invalid(source, `"${version}" is not a Docker API version`);
  return number;
}

function invalid(text: string, why: string): Error {
  return endpointError(
    "ENDPOINT_INVALID",
    `The Docker endpoint "${text}" is invalid: ${why}.`,
    "Write the name of a Docker context, or a URL such as tcp://host:2376?certPath=/absolute/path.",
  );
}
