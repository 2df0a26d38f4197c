import { isAbsolute, posix } from "node:path";
import { programVariables } from "./program-variables.js";

/** The address of a BuildKit daemon. */
export type Endpoint =
  | { kind: "tcp"; host: string; port: number }
  /** TCP with TLS. */
  | { kind: "https"; host: string; port: number }
  | { kind: "unix"; path: string }
  | CommandEndpoint;

/** Endpoints that can be dialled. */
export type DirectEndpoint = Extract<Endpoint, { kind: "tcp" | "https" | "unix" }>;

/** Endpoints that are reached through the standard streams of a program. */
export type CommandEndpoint = (
  | SshEndpoint
  | { kind: "docker-container"; name: string; context?: string }
  | { kind: "podman-container"; name: string }
  | { kind: "nerdctl-container"; name: string; namespace?: string }
  | { kind: "kube-pod"; pod: string; context?: string; namespace?: string; container?: string }
) & {
  /** Variables of the program's environment; an empty one is not set. Absent when no environment has been read. */
  variables?: Record<string, string>;
};

/** On another machine; `socket` is a path there, by default buildctl's. */
interface SshEndpoint {
  kind: "ssh";
  user?: string;
  host: string;
  port?: number;
  socket?: string;
}

/** URL schemes of endpoints, in the order of help texts. */
export const schemes = [
  "tcp",
  "https",
  "unix",
  "ssh",
  "docker-container",
  "podman-container",
  "nerdctl-container",
  "kube-pod",
] as const satisfies Endpoint["kind"][];

/** Longest path that a unix socket can have on Linux, in bytes. */
const maxSocketPathBytes = 107;

/** An endpoint that cannot be used; the message is a clause after "The endpoint … cannot be used: ". */
export class EndpointError extends Error {}

/** Whether an endpoint can be dialled without a program. */
export function isDirect(endpoint: Endpoint): endpoint is DirectEndpoint {
  return endpoint.kind === "tcp" || endpoint.kind === "https" || endpoint.kind === "unix";
}

/** Reads an endpoint as buildx and BuildKit's connection helpers do. Throws {@link EndpointError}. */
export function parseEndpoint(text: string): Endpoint {
  const [, scheme = ""] = /^([a-z][a-z0-9+.-]*):\/\//i.exec(text) ?? [];
  if (!scheme) throw new EndpointError("it has no URL scheme");
  const kind = schemes.find((known) => known === scheme.toLowerCase());
  if (scheme.toLowerCase() === "npipe") throw new EndpointError("named pipes exist only on Windows");
  if (!kind) throw new EndpointError(`unrecognized url scheme ${scheme}`);
  if (kind === "unix") return { kind, path: socketPath(text.slice("unix://".length)) };
  if (!URL.canParse(text)) throw new EndpointError("it cannot be read as a URL");
  const url = new URL(text);
  if (url.hash) throw new EndpointError("it cannot have a fragment");
  if (url.username && kind !== "ssh") throw new EndpointError("only ssh:// endpoints can have a user");
  if (url.password) throw new EndpointError("plain-text password is not supported");
  if (kind !== "ssh" && !["", "/"].includes(url.pathname)) throw new EndpointError("it cannot have a path");
  const variables = takeVariables(kind, url.searchParams);
  const parameters = takeParameters(kind, url.searchParams);
  switch (kind) {
    case "tcp":
      if (!url.port) throw new EndpointError("it has no port");
      return { kind, host: hostOf(url), port: portOf(url) };
    case "https":
      return { kind, host: hostOf(url), port: url.port ? portOf(url) : 443 };
    case "ssh":
      return {
        kind,
        ...(url.username && { user: decodeURIComponent(url.username) }),
        host: hostOf(url),
        ...(url.port && { port: portOf(url) }),
        ...(!["", "/"].includes(url.pathname) && { socket: socketPath(decodeURIComponent(url.pathname)) }),
        ...variables,
      };
    case "kube-pod":
      for (const [what, name] of Object.entries({ pod: url.hostname, ...parameters, context: undefined }))
        if (name !== undefined && !/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/.test(name))
          throw new EndpointError(name ? `"${name}" is not a valid ${what} name` : `it has no ${what} name`);
      return { kind, pod: noPort(url), ...parameters, ...variables };
    default:
      if (!/^[a-zA-Z0-9][\w.-]*$/.test(url.hostname))
        throw new EndpointError(
          url.hostname ? `"${url.hostname}" is not a valid container name` : "it has no container name",
        );
      return { kind, name: noPort(url), ...parameters, ...variables };
  }
}

/** Formats an endpoint in its normal form; the inverse of {@link parseEndpoint}. */
export function formatEndpoint(endpoint: Endpoint): string {
  switch (endpoint.kind) {
    case "tcp":
    case "https":
      return `${endpoint.kind}://${authority(endpoint)}`;
    case "unix":
      return `unix://${endpoint.path}`;
    case "ssh": {
      const { user, socket = "", variables } = endpoint;
      const login = `${user ? `${encodeURIComponent(user)}@` : ""}${authority(endpoint)}`;
      return `ssh://${login}${encodeURI(socket)}${queryOf({ ...variables })}`;
    }
    default: {
      const { kind, variables, ...given } = endpoint;
      const parameters = parameterNames[kind].flatMap((name) => {
        const value = (given as Record<string, string | undefined>)[name];
        return value ? [[name, value]] : [];
      });
      const target = endpoint.kind === "kube-pod" ? endpoint.pod : endpoint.name;
      return `${kind}://${target}${queryOf({ ...Object.fromEntries(parameters), ...variables })}`;
    }
  }
}

function queryOf(parameters: Record<string, string>): string {
  const pairs = Object.entries(parameters).map(
    // Paths stay readable.
    ([name, value]) => `${name}=${encodeURIComponent(value).replaceAll("%2F", "/").replaceAll("%3A", ":")}`,
  );
  return pairs.length > 0 ? `?${pairs.join("&")}` : "";
}

/** "host:port", with an IPv6 address in brackets. */
function authority({ host, port }: { host: string; port?: number }): string {
  return `${host.includes(":") ? `[${host}]` : host}${port === undefined ? "" : `:${port}`}`;
}

const parameterNames: Record<Exclude<Endpoint["kind"], "unix">, readonly string[]> = {
  tcp: [],
  https: [],
  ssh: [],
  "docker-container": ["context"],
  "podman-container": [],
  "nerdctl-container": ["namespace"],
  "kube-pod": ["context", "namespace", "container"],
};

/** Removes the program's variables from the parameters. */
function takeVariables(
  kind: keyof typeof parameterNames,
  given: URLSearchParams,
): Pick<CommandEndpoint, "variables"> {
  if (kind === "tcp" || kind === "https") return {};
  const variables: Record<string, string> = {};
  for (const name of programVariables[kind]) {
    const value = given.get(name);
    if (value === null) continue;
    variables[name] = value;
    given.delete(name);
  }
  return Object.keys(variables).length > 0 ? { variables } : {};
}

function takeParameters(kind: keyof typeof parameterNames, given: URLSearchParams): Record<string, string> {
  const unknown = [...given.keys()].find((name) => !parameterNames[kind].includes(name));
  if (unknown !== undefined) throw new EndpointError(`it has no parameter "${unknown}"`);
  const parameters = Object.fromEntries([...given].filter(([, value]) => value !== ""));
  for (const [name, value] of Object.entries(parameters))
    if (value.startsWith("-")) throw new EndpointError(`"${value}" is not a valid ${name}`);
  return parameters;
}

function hostOf(url: URL): string {
  const host = url.hostname.replace(/^\[(.*)\]$/, "$1");
  if (!host) throw new EndpointError("it has no host name");
  if (host.startsWith("-")) throw new EndpointError(`"${host}" is not a valid host name`);
  return host;
}

function portOf(url: URL): number {
  const port = Number(url.port);
  if (port === 0) throw new EndpointError("port 0 cannot be used");
  return port;
}

function noPort({ hostname, port }: URL): string {
  if (port) throw new EndpointError("it cannot have a port");
  return hostname;
}

function socketPath(path: string): string {
  if (!isAbsolute(path)) throw new EndpointError("the path of the socket must be absolute");
  if (path.includes("\0")) throw new EndpointError("a path cannot contain a zero byte");
  if (Buffer.byteLength(path) > maxSocketPathBytes)
    throw new EndpointError(`the path of a unix socket can have at most ${maxSocketPathBytes} bytes`);
  return posix.normalize(path);
}
