import { posix } from "node:path";
import { withoutUser } from "slipway/driver";
import { endpointError } from "./engine-error.js";

/** The address of an Engine. */
export type EngineTarget =
  | { kind: "unix"; path: string }
  | { kind: "tcp"; host: string; port: number }
  /** On another machine; `socket` is a path there, unless it is the default one. */
  | { kind: "ssh"; user?: string; host: string; port?: number; socket?: string };

/** The default socket of the docker CLI. */
export const defaultSocket = "/var/run/docker.sock";

/** The port of an Engine without TLS. */
const defaultPort = 2375;

/**
 * Reads the value of DOCKER_HOST, or the host of a Docker context, as the docker CLI does: without a scheme it is TCP,
 * the default port is 2375 with and without TLS, and `unix://` alone is the default socket.
 */
export function parseTarget(text: string): EngineTarget {
  const [, scheme = "tcp", rest = ""] = /^(?:([a-z][a-z0-9+.-]*):\/\/)?(.*)$/s.exec(text.trim()) ?? [];
  switch (scheme) {
    case "unix":
      return { kind: "unix", path: socketPath(text, rest || defaultSocket) };
    case "tcp":
      return tcp(text, rest || "localhost");
    case "ssh":
      return ssh(text);
    default:
      throw endpointError(
        "ENDPOINT_UNSUPPORTED",
        `The Docker endpoint "${withoutUser(text)}" has the scheme ${scheme}, which is not supported.`,
        "Use a unix://, tcp:// or ssh:// endpoint.",
      );
  }
}

/** Writes a target so that {@link parseTarget} reads the same. */
export function formatTarget(target: EngineTarget): string {
  switch (target.kind) {
    case "unix":
      return `unix://${target.path}`;
    case "tcp":
      return `tcp://${authority(target)}`;
    case "ssh":
      return `ssh://${target.user ? `${encodeURIComponent(target.user)}@` : ""}${authority(target)}${target.socket ?? ""}`;
  }
}

function authority({ host, port }: { host: string; port?: number }): string {
  return `${host.includes(":") ? `[${host}]` : host}${port === undefined ? "" : `:${port}`}`;
}

function tcp(text: string, rest: string): EngineTarget {
  const url = parseUrl(text, `tcp://${rest}`);
  if (url.username || url.password || url.search || url.hash || !["", "/"].includes(url.pathname))
    throw invalid(text, "it can have only a host and a port");
  return { kind: "tcp", host: hostOf(text, url), port: Number(url.port || defaultPort) };
}

function ssh(text: string): EngineTarget {
  const url = parseUrl(text, text.trim());
  if (url.password)
    throw endpointError(
      "ENDPOINT_INVALID",
      "The ssh:// endpoint contains a password, which is not supported.",
      "Use a key, or an ssh agent.",
    );
  if (url.search || url.hash) throw invalid(text, "it cannot have a query or fragment");
  const target: EngineTarget = { kind: "ssh", host: hostOf(text, url) };
  if (url.username) target.user = decodeURIComponent(url.username);
  if (url.port) target.port = Number(url.port);
  if (!["", "/"].includes(url.pathname)) target.socket = socketPath(text, decodeURIComponent(url.pathname));
  return target;
}

function parseUrl(text: string, url: string): URL {
  if (!URL.canParse(url)) throw invalid(text, "it is not a URL");
  return new URL(url);
}

function hostOf(text: string, url: URL): string {
  const host = url.hostname.replace(/^\[(.*)\]$/, "$1");
  if (!host) throw invalid(text, "it has no host");
  return host;
}

function socketPath(text: string, path: string): string {
  if (!posix.isAbsolute(path)) throw invalid(text, "the path of the socket must be absolute");
  return path;
}

function invalid(text: string, why: string): Error {
  return endpointError(
    "ENDPOINT_INVALID",
    `The Docker endpoint "${withoutUser(text)}" is invalid: ${why}.`,
    "Write unix:///path, tcp://host:port or ssh://[user@]host[:port].",
  );
}
