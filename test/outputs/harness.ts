import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { cli, startHost, type TestHost } from "../host/host.js";
import { lab, must } from "../lab/index.js";
import { type Finished, run } from "../lab/run.js";

/** The name of the builder in tests of this folder: the remote driver on a BuildKit daemon. */
export const builder = "outputs";

/** A user with a host, the same builder in Slipway and in buildx, and separate settings. */
export interface User {
  host: TestHost;
  /** The environment of the commands. */
  env: Record<string, string>;
  slipway: Command;
  buildx: Command;
}

/** Runs a command; `env` adds or replaces variables. */
export type Command = (
  args: string[],
  options?: { env?: Record<string, string>; cwd?: string; input?: Buffer },
) => Promise<Finished>;

/**
 * Creates a user.
 * @param address of the daemon; the lab's by default
 * @param hostEnv further variables of the host
 */
export async function startUser(
  address = lab().buildkitd.address,
  hostEnv: Record<string, string> = {},
): Promise<User> {
  return userOf(await startHost({ env: hostEnv }), address);
}

/** The user of a running host. */
export async function userOf(host: TestHost, address = lab().buildkitd.address): Promise<User> {
  const env = {
    PATH: process.env.PATH ?? "",
    HOME: host.folder,
    SLIPWAY_HOST: `unix://${host.socket}`,
    BUILDX_CONFIG: join(host.folder, "buildx"),
    BUILDX_BUILDER: builder,
  };
  const command =
    (program: string, ...first: string[]): Command =>
    (args, options = {}) =>
      run(program, [...first, ...args], { ...options, env: { ...env, ...options.env }, timeout: 240_000 });
  const user = {
    host,
    env,
    slipway: command(process.execPath, cli),
    buildx: command(lab().buildx),
  };
  const create = ["create", "--name", builder, "--driver", "remote", address];
  await host.builders.createBuilder({ name: builder, driver: "remote", node: { endpoint: address } });
  await must(lab().buildx, create, { env });
  return user;
}

/** A new repository in the lab's registry. */
export function newRepository(): string {
  return `${lab().registry.host}/outputs-${randomUUID()}`;
}

/** The fields of an OCI manifest or index that tests check. */
export interface Manifest {
  mediaType: string;
  artifactType?: string;
  annotations?: Record<string, string>;
  config?: Descriptor;
  layers?: Descriptor[];
  manifests?: Descriptor[];
}

export interface Descriptor {
  mediaType: string;
  digest: string;
  size: number;
  annotations?: Record<string, string>;
  platform?: { os: string; architecture: string };
}

const accepted = [
  "application/vnd.oci.image.index.v1+json",
  "application/vnd.oci.image.manifest.v1+json",
  "application/vnd.docker.distribution.manifest.list.v2+json",
  "application/vnd.docker.distribution.manifest.v2+json",
].join(", ");

/** A manifest from the registry's HTTP API; `name` is `host/repository`, `reference` a tag or a digest. */
export async function manifestOf(name: string, reference: string): Promise<Manifest> {
  const response = await ask(name, `manifests/${reference}`);
  if (!response.ok) throw new Error(`${name} ${reference}: ${response.status}`);
  return (await response.json()) as Manifest;
}

/** The bytes of a blob in the registry. */
export async function blobOf(name: string, digest: string): Promise<Buffer> {
  const response = await ask(name, `blobs/${digest}`);
  if (!response.ok) throw new Error(`${name} ${digest}: ${response.status}`);
  return Buffer.from(await response.arrayBuffer());
}

/** The tags of a repository; none when it does not exist. */
export async function tagsOf(name: string): Promise<string[]> {
  const response = await ask(name, "tags/list");
  return response.ok ? (((await response.json()) as { tags: string[] | null }).tags ?? []).sort() : [];
}

function ask(name: string, path: string): Promise<Response> {
  const slash = name.indexOf("/");
  const url = `http://${name.slice(0, slash)}/v2/${name.slice(slash + 1)}/${path}`;
  return fetch(url, { headers: { accept: accepted } });
}

/** The error message of a command, without its prefix. */
export function errorOf({ stderr }: Finished): string {
  return /^ERROR: (.*)$/m.exec(stderr)?.[1] ?? "";
}
