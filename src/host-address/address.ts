import { existsSync } from "node:fs";
import { join } from "node:path";
import { invalidField } from "../errors/typed-error.js";
import { isLoopback } from "../network/is-loopback.js";
import { defaultSocketPath, type HostEnvironment, socketPathIn } from "./socket-path.js";

/** Address of a host. */
export type HostAddress =
  | { kind: "unix"; path: string }
  | {
      kind: "tcp";
      /** http://host:port or https://host:port. */
      url: string;
      /** File with the host's token. */
      tokenFile?: string;
      /** PEM files of certificates. */
      tls?: ClientTlsFiles;
    };

/** PEM files for TLS from the client's side. */
export interface ClientTlsFiles {
  /** CAs of the host's certificate; default: those that this machine trusts. */
  caFile?: string;
  /** The client's certificate and key, for a host that requires one. */
  certFile?: string;
  keyFile?: string;
}

/**
 * Returns the host that the environment selects: `$SLIPWAY_HOST` (unix:///path, http://host:port or
 * https://host:port), else {@link defaultSocketPath}. `$SLIPWAY_TOKEN_FILE` names the token's file;
 * `$SLIPWAY_CERT_PATH` names a folder with ca.pem, cert.pem and key.pem, like `$DOCKER_CERT_PATH`.
 */
export function hostAddress(environment: HostEnvironment = process.env): HostAddress {
  const given = environment.SLIPWAY_HOST;
  if (given) {
    return parseHostAddress(given, {
      tokenFile: environment.SLIPWAY_TOKEN_FILE || undefined,
      certPath: environment.SLIPWAY_CERT_PATH || undefined,
    });
  }
  return { kind: "unix", path: defaultSocketPath(environment) };
}

/** A host on TCP. */
export type TcpAddress = Extract<HostAddress, { kind: "tcp" }>;

/** Parses an address; `field` names its source in errors. */
export function parseHostAddress(
  text: string,
  {
    tokenFile,
    certPath,
    field = "SLIPWAY_HOST",
  }: { tokenFile?: string; certPath?: string; field?: string } = {},
): HostAddress {
  // Without a user and a password, wherever they end: the text may be no URL.
  const shown = text.replace(/^([a-z]+:\/*)?.*@/is, "$1…@");
  const refuse = (why: string) =>
    invalidField(
      field,
      "HOST_ADDRESS_INVALID",
      `The host's address "${shown}" ${why}.`,
      "Give unix:///path/to/slipway.sock, http://127.0.0.1:port or https://host:port.",
    );
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url) throw refuse("is not a URL");
  switch (url.protocol) {
    case "unix:": {
      const path = socketPathIn(text);
      if (!path) throw refuse("has no absolute path after unix://");
      return { kind: "unix", path };
    }
    case "http:":
    case "https:": {
      if (url.username || url.password) throw refuse("contains a login; tokens are read from a file");
      if (url.pathname !== "/" || url.search || url.hash) throw refuse("has more than a host and a port");
      if (url.protocol === "http:" && tokenFile && !isLoopback(url.hostname)) {
        throw refuse("would send the token in clear text over the network; use https");
      }
      const tls = url.protocol === "https:" && certPath ? tlsFiles(certPath) : undefined;
      return { kind: "tcp", url: url.origin, tokenFile, tls };
    }
    default:
      throw refuse(`has the scheme "${url.protocol.slice(0, -1)}", which is unknown`);
  }
}

function tlsFiles(folder: string): ClientTlsFiles {
  const file = (name: string) => [name, join(folder, name)] as const;
  const [ca, cert, key] = [file("ca.pem"), file("cert.pem"), file("key.pem")].map(([, path]) =>
    existsSync(path) ? path : undefined,
  );
  return { caFile: ca, certFile: cert, keyFile: key };
}

/** Formats an address as a URL. */
export function formatHostAddress(address: HostAddress): string {
  return address.kind === "unix" ? `unix://${address.path}` : address.url;
}
