import { isAbsolute, join, normalize, resolve } from "node:path";
import { protocolVersions } from "./contract.js";

/** Name of the file that makes a folder a plugin. */
export const manifestName = "slipway-plugin.json";

/** In a command it stands for the Node that runs the host. */
// biome-ignore lint/suspicious/noTemplateCurlyInString: it is the text itself.
const nodePlaceholder = "${node}";

/** What a plugin's manifest says; docs/driver-protocol.md describes the file. */
export type Manifest = ManifestFacts & (StartedByHost | RunByOperator);

/** The host starts the plugin's process. */
export interface StartedByHost {
  /** The program and its arguments, ready to be spawned in the manifest's folder. */
  command: [program: string, ...args: string[]];
  address?: undefined;
}

/** Somebody else runs the plugin, and the host connects to it with mutual TLS. */
export interface RunByOperator {
  command?: undefined;
  address: OperatorAddress;
}

/** Where a plugin listens that its operator runs. */
export interface OperatorAddress {
  host: string;
  port: number;
  /** Absolute paths of files in PEM: the authority of the plugin's certificate, and what the host shows. */
  tls: { ca: string; certificate: string; key: string };
  /** Name that must be in its certificate; by default the host's. */
  serverName: string;
}

/** What every manifest says. */
interface ManifestFacts {
  /** Name of the plugin, unique among all plugins. */
  name: string;
  /** Version in SemVer form; never compared. */
  version: string;
  /** One line for lists. */
  description: string;
  /** Names of the drivers in it; at least one. */
  drivers: string[];
  /** SHA-256 of files of the plugin, in hex, by absolute path. */
  checksums: Map<string, string>;
  /** Home page; may be empty. */
  homepage: string;
  /** SPDX expression; may be empty. */
  license: string;
}

/** The machine that a plugin is to run on, in Node's terms. */
export interface Machine {
  /** For example "linux". */
  platform: string;
  /** For example "x64". */
  arch: string;
  /** The Node executable that `${node}` stands for. */
  node: string;
}

/** All that is wrong with a manifest. */
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
    throw new ManifestError([`it is no JSON: ${(cause as Error).message}`]);
  }
  if (!isObject(json)) throw new ManifestError(["it is no JSON object"]);
  if (json.manifestVersion !== 1) {
    throw new ManifestError([
      `its manifestVersion is ${JSON.stringify(json.manifestVersion)}, and only 1 is known`,
    ]);
  }
  const read = new Reader(json);
  const name = read.matching(
    "name",
    /^[a-z0-9]+([.-][a-z0-9]+)*$/,
    "lower case letters, digits, dots and dashes",
  );
  const version = read.text("version", true);
  const drivers = read.list("drivers", (value) => /^[a-z0-9]+(-[a-z0-9]+)*$/.test(value));
  const protocols = read.numbers("protocols");
  if (protocols.length > 0 && !protocols.some((major) => protocolVersions.some((own) => own === major))) {
    read.problems.push(
      `it speaks driver protocol ${protocols.join(", ")}, and this host ${protocolVersions.join(", ")}`,
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
    checksums,
    homepage: read.text("homepage"),
    license: read.text("license"),
  };
  if (read.problems.length > 0) throw new ManifestError(read.problems);
  return manifest;
}

function readProgram(read: Reader, json: JsonObject, folder: string, { platform, arch, node }: Machine) {
  const platforms = isObject(json.platforms) ? json.platforms : {};
  const own = platforms[`${platform}-${arch}`];
  let source = read;
  if (isObject(own)) source = new Reader(own, read.problems, `platforms.${platform}-${arch}.`);
  else if (json.command === undefined && Object.keys(platforms).length > 0) {
    read.problems.push(
      `it is not made for ${platform}-${arch}, only for ${Object.keys(platforms).join(", ")}`,
    );
    return { command: [""] as StartedByHost["command"], checksums: new Map<string, string>() };
  }
  const [program = "", ...args] = source.list("command", (value) => !value.includes("\0"));
  const known = (value: string) => value.replaceAll(nodePlaceholder, node);
  const path = program === nodePlaceholder ? node : resolve(folder, program);
  return {
    command: [path, ...args.map(known)] as StartedByHost["command"],
    checksums: source.checksums("sha256", folder),
  };
}

function readOperator(read: Reader, json: JsonObject, folder: string) {
  const [, name = "", six = "", port = ""] =
    /^tcp:\/\/(?:([^[\]:/]+)|\[([^\]]+)\]):(\d{1,5})$/.exec(read.text("address", true)) ?? [];
  if (!port || Number(port) === 0 || Number(port) > 65_535)
    read.problems.push('address must be of the form "tcp://host:port"');
  if (json.command !== undefined || json.platforms !== undefined)
    read.problems.push(
      "address and command exclude each other: the host starts a plugin, or its operator does",
    );
  const files = new Reader(isObject(json.tls) ? json.tls : {}, read.problems, "tls.");
  const file = (field: string) => resolve(folder, files.text(field, true));
  const tls = { ca: file("ca"), certificate: file("certificate"), key: file("key") };
  const host = name || six;
  const address = { host, port: Number(port), tls, serverName: files.text("serverName") || host };
  return { address, checksums: read.checksums("sha256", folder) };
}

type JsonObject = Record<string, unknown>;

function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Takes fields out of a JSON object, and notes what is wrong instead of stopping there. */
class Reader {
  constructor(
    private readonly json: JsonObject,
    readonly problems: string[] = [],
    private readonly prefix = "",
  ) {}

  text(field: string, required = false): string {
    const value = this.json[field];
    if (typeof value === "string" && (value !== "" || !required)) return value;
    if (value !== undefined || required) this.#wrong(field, "a text");
    return "";
  }

  matching(field: string, pattern: RegExp, meaning: string): string {
    const value = this.text(field, true);
    if (value !== "" && !pattern.test(value)) this.#wrong(field, meaning);
    return value;
  }

  list(field: string, valid: (value: string) => boolean): string[] {
    const value = this.json[field];
    const good = (item: unknown): item is string => typeof item === "string" && item !== "" && valid(item);
    if (Array.isArray(value) && value.length > 0 && value.every(good)) return value;
    this.#wrong(field, "a list of at least one valid text");
    return [];
  }

  numbers(field: string): number[] {
    const value = this.json[field];
    if (Array.isArray(value) && value.length > 0 && value.every((item) => Number.isSafeInteger(item)))
      return value;
    this.#wrong(field, "a list of at least one number");
    return [];
  }

  checksums(field: string, folder: string): Map<string, string> {
    const value = this.json[field] ?? {};
    const sums = new Map<string, string>();
    if (!isObject(value)) {
      this.#wrong(field, "an object of path and SHA-256");
      return sums;
    }
    for (const [path, sum] of Object.entries(value)) {
      const inside = !isAbsolute(path) && !normalize(path).startsWith("..");
      if (inside && typeof sum === "string" && /^[0-9a-f]{64}$/i.test(sum)) {
        sums.set(join(folder, path), sum.toLowerCase());
      } else this.#wrong(`${field}[${path}]`, "64 hexadecimal digits for a path inside the folder");
    }
    return sums;
  }

  #wrong(field: string, expected: string): void {
    this.problems.push(`${this.prefix}${field} must be ${expected}`);
  }
}
