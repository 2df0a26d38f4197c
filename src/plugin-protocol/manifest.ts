import { resolve } from "node:path";
import { FieldReader, isObject, type JsonObject } from "./field-reader.js";
import { isDriverName, isPolicyLanguage, pluginName } from "./names.js";
import { protocolVersions } from "./process-contract.js";
import { parseTcpAddress } from "./tcp-address.js";

/** Name of the file that makes a folder a plugin. */
export const manifestName = "slipway-plugin.json";

/** Placeholder in a command for the Node.js executable that runs the host. */
// biome-ignore lint/suspicious/noTemplateCurlyInString: it is the text itself.
const nodePlaceholder = "${node}";

/** A plugin's manifest; docs/driver-protocol.md describes the file. */
export type Manifest = ManifestBase & (StartedByHost | RunByOperator);

/** The host starts the plugin's process. */
export interface StartedByHost {
  /** Program and arguments, ready to spawn in the manifest's folder. */
  command: [program: string, ...args: string[]];
  address?: undefined;
}

/** An operator runs the plugin, and the host connects to it with mutual TLS. */
export interface RunByOperator {
  command?: undefined;
  address: OperatorAddress;
}

/** Where a plugin that an operator runs listens. */
export interface OperatorAddress {
  host: string;
  port: number;
  /** Absolute paths of PEM files: the authority of the plugin's certificate, and the host's certificate and key. */
  tls: { ca: string; certificate: string; key: string };
  /** Name that the plugin's certificate must have; `host` by default. */
  serverName: string;
}

/** What every manifest has. */
interface ManifestBase {
  /** Name of the plugin, unique among all plugins. */
  name: string;
  /** Version in SemVer form; versions are never compared. */
  version: string;
  /** One line for lists. */
  description: string;
  /** Names of the plugin's drivers; at least one, unless it evaluates policies. */
  drivers: string[];
  /** Languages of the policies that the plugin evaluates: endings of file names. */
  policyLanguages: string[];
  /** SHA-256 of files of the plugin, in hex, by absolute path. */
  checksums: Map<string, string>;
  /** Home page; may be empty. */
  homepage: string;
  /** SPDX expression; may be empty. */
  license: string;
}

/** The machine that a plugin runs on, in Node.js terms. */
export interface Machine {
  /** For example "linux". */
  platform: string;
  /** For example "x64". */
  arch: string;
  /** The Node.js executable, for `${node}`. */
  node: string;
}

/** Everything that is wrong with a manifest. */
export class ManifestError extends Error {
  constructor(readonly problems: string[]) {
    super(`${manifestName} cannot be used: ${problems.join("; ")}`);
  }
}

/** Reads a manifest. Throws {@link ManifestError} with everything that is wrong. */
export function parseManifest(text: string, folder: string, machine: Machine): Manifest {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new ManifestError([`it is not JSON: ${(cause as Error).message}`]);
  }
  if (!isObject(json)) throw new ManifestError(["it is not a JSON object"]);
  if (json.manifestVersion !== 1) {
    throw new ManifestError([
      `manifestVersion is ${JSON.stringify(json.manifestVersion)}; only 1 is supported`,
    ]);
  }
  const read = new FieldReader(json);
  const name = read.matching("name", pluginName, "lower case letters, digits, dots and dashes");
  const version = read.text("version", true);
  const policyLanguages =
    json.policyLanguages === undefined ? [] : read.list("policyLanguages", isPolicyLanguage);
  const drivers =
    json.drivers === undefined && policyLanguages.length > 0 ? [] : read.list("drivers", isDriverName);
  const protocols = read.numbers("protocols");
  const own = protocolVersions.join(", ");
  if (protocols.length > 0 && !protocols.some((major) => protocolVersions.some((known) => known === major))) {
    read.problems.push(
      `it speaks driver protocol ${protocols.join(", ")}, and this host ${own}: use a version of the plugin for protocol ${own}`,
    );
  }
  const { checksums, ...run } =
    json.address === undefined ? readProgram(read, json, folder, machine) : readOperator(read, json, folder);
  const manifest: Manifest = {
    name,
    version,
    description: read.text("description"),
    ...run,
    drivers,
    policyLanguages,
    checksums,
    homepage: read.text("homepage"),
    license: read.text("license"),
  };
  if (read.problems.length > 0) throw new ManifestError(read.problems);
  return manifest;
}

function readProgram(read: FieldReader, json: JsonObject, folder: string, { platform, arch, node }: Machine) {
  const platforms = isObject(json.platforms) ? json.platforms : {};
  const own = platforms[`${platform}-${arch}`];
  let source = read;
  if (isObject(own)) source = new FieldReader(own, read.problems, `platforms.${platform}-${arch}.`);
  else if (json.command === undefined && Object.keys(platforms).length > 0) {
    read.problems.push(`it does not support ${platform}-${arch}, only ${Object.keys(platforms).join(", ")}`);
    return { command: [""] as StartedByHost["command"], checksums: new Map<string, string>() };
  }
  const [program = "", ...args] = source.list("command", (value) => !value.includes("\0"));
  const expand = (value: string) => value.replaceAll(nodePlaceholder, node);
  const path = program === nodePlaceholder ? node : resolve(folder, program);
  return {
    command: [path, ...args.map(expand)] as StartedByHost["command"],
    checksums: source.checksums("sha256", folder),
  };
}

function readOperator(read: FieldReader, json: JsonObject, folder: string) {
  const [, text = ""] = /^tcp:\/\/(.*)$/.exec(read.text("address", true)) ?? [];
  const { host = "", port = 0 } = parseTcpAddress(text) ?? {};
  if (port === 0) read.problems.push('address must have the form "tcp://host:port"');
  if (json.command !== undefined || json.platforms !== undefined)
    read.problems.push(
      "address and command exclude each other: either the host starts the plugin, or an operator does",
    );
  const files = new FieldReader(isObject(json.tls) ? json.tls : {}, read.problems, "tls.");
  const file = (field: string) => resolve(folder, files.text(field, true));
  const tls = { ca: file("ca"), certificate: file("certificate"), key: file("key") };
  const address = { host, port, tls, serverName: files.text("serverName") || host };
  return { address, checksums: read.checksums("sha256", folder) };
}
