import { readdir, readFile } from "node:fs/promises";
import { isAbsolute, join } from "node:path";
import type { MessageInitShape } from "@bufbuild/protobuf";
import type { NodeSpecSchema } from "../../gen/slipway/v1/builder_pb.js";
import type { Environment } from "../access/user.js";

/** Variables of the user's environment that locate buildx's instances. */
export const buildxVariables = ["BUILDX_CONFIG", "DOCKER_CONFIG", "HOME"];
/** Largest file that is read, in bytes. */
const maxFileBytes = 4 << 20;

/** A builder as buildx stores it. */
export interface BuildxInstance {
  name: string;
  driver: string;
  nodes: MessageInitShape<typeof NodeSpecSchema>[];
}

/** A file of buildx: an instance, or why the file has none. */
export type InstanceFile = { path: string } & (
  | { instance: BuildxInstance; problem?: undefined }
  | { instance?: undefined; problem: string }
);

/** Reads the builders that `docker buildx create` made for a user. A bad file does not hide others. */
export async function readBuildxInstances(environment: Environment): Promise<InstanceFile[]> {
  const folder = instancesFolder(environment);
  if (!folder) return [];
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) =>
    error.code === "ENOENT" || error.code === "ENOTDIR" ? [] : error,
  );
  if (names instanceof Error) return [{ path: folder, problem: names.message }];
  return Promise.all(names.sort().map((name) => readInstance(join(folder, name))));
}

function instancesFolder({ BUILDX_CONFIG, DOCKER_CONFIG, HOME }: Environment): string | undefined {
  const docker = DOCKER_CONFIG || (HOME && join(HOME, ".docker"));
  const config = BUILDX_CONFIG || (docker && join(docker, "buildx"));
  return config && isAbsolute(config) ? join(config, "instances") : undefined;
}

async function readInstance(path: string): Promise<InstanceFile> {
  try {
    const text = await readFile(path);
    if (text.length > maxFileBytes) throw new Error(`it has ${text.length} bytes, more than ${maxFileBytes}`);
    return { path, instance: parseInstance(text.toString("utf8")) };
  } catch (error) {
    return { path, problem: (error as Error).message };
  }
}

/** Parses buildx's JSON. Throws with the problem as a clause. */
export function parseInstance(text: string): BuildxInstance {
  const { Name, Driver, Nodes } = object(JSON.parse(text), "the file");
  if (!Array.isArray(Nodes)) throw new Error("Nodes is not a list");
  return { name: string(Name, "Name"), driver: string(Driver, "Driver"), nodes: Nodes.map(parseNode) };
}

function parseNode(value: unknown, index: number): BuildxInstance["nodes"][number] {
  const at = `Nodes[${index}]`;
  const node = object(value, at);
  const list = (key: string) => {
    const items = node[key] ?? [];
    if (!Array.isArray(items)) throw new Error(`${at}.${key} is not a list`);
    return items as unknown[];
  };
  const entries = (key: string) =>
    Object.entries(object(node[key] ?? {}, `${at}.${key}`)).map(
      ([name, entry]) => [name, string(entry, `${at}.${key}.${name}`)] as const,
    );
  return {
    name: string(node.Name, `${at}.Name`),
    endpoint: string(node.Endpoint ?? "", `${at}.Endpoint`),
    platforms: list("Platforms").flatMap((platform) => platformName(platform, `${at}.Platforms`)),
    options: Object.fromEntries(entries("DriverOpts")),
    daemonFlags: list("Flags").map((flag) => string(flag, `${at}.Flags`)),
    daemonFiles: Object.fromEntries(
      entries("Files").map(([name, base64]) => [name, new Uint8Array(Buffer.from(base64, "base64"))]),
    ),
  };
}

function platformName(value: unknown, at: string): string[] {
  if (value === null) return [];
  const { os, architecture, variant = "" } = object(value, at);
  const parts = [string(os, `${at}.os`), string(architecture, `${at}.architecture`), string(variant, at)];
  return [parts.filter(Boolean).join("/")];
}

function object(value: unknown, at: string): Record<string, unknown> {
  if (typeof value === "object" && value !== null && !Array.isArray(value))
    return value as Record<string, unknown>;
  throw new Error(`${at} is not an object`);
}

function string(value: unknown, at: string): string {
  if (typeof value === "string") return value;
  throw new Error(`${at} is not a string`);
}
