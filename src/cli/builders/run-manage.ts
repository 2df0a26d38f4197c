import { readFile } from "node:fs/promises";
import { parseAttributes } from "../../buildkit/dockerfile/parse-attributes.js";
import { withHost } from "../host.js";
import { bootstrap } from "./bootstrap.js";

/** The flags of `create`. */
export interface CreateFlags {
  append?: boolean;
  bootstrap?: boolean;
  buildkitdConfig?: string;
  buildkitdFlags?: string;
  driver?: string;
  driverOpt?: string[];
  leave?: boolean;
  name?: string;
  node?: string;
  platform?: string[];
  use?: boolean;
}

/** `slipway create`: a builder, a further node of one (`--append`), or one node less (`--leave`). */
export async function runCreate(endpoint: string | undefined, flags: CreateFlags): Promise<void> {
  const options = (flags.driverOpt ?? []).flatMap((text) => parseAttributes(text, "--driver-opt"));
  const node = {
    name: flags.node,
    endpoint,
    options: Object.fromEntries(options),
    daemonFlags: flags.buildkitdFlags?.split(/\s+/).filter(Boolean),
    daemonFiles: await daemonFiles(flags.buildkitdConfig),
    platforms: flags.platform?.flatMap((value) => value.split(",")),
  };
  await withHost(async (host) => {
    const { builders, environment } = host;
    const builder = flags.name ?? "";
    if (flags.leave) {
      await builders.leaveNode({ builder, node: flags.node });
      process.stdout.write(`${builder}\n`);
      return;
    }
    const response = flags.append
      ? await builders.appendNode({ builder, node, environment })
      : await builders.createBuilder({ name: builder, driver: flags.driver, node, environment });
    for (const { message, remedy } of response.diagnostics) {
      process.stderr.write(`WARNING: ${message}${remedy && ` ${remedy}`}\n`);
    }
    const { name } = response.builder!;
    if (flags.use) await builders.setDefaultBuilder({ name, environment });
    if (flags.bootstrap) await bootstrap(host, name);
    process.stdout.write(`${name}\n`);
  });
}

/** `slipway use` */
export async function runUse(name: string): Promise<void> {
  await withHost(({ builders, environment }) => builders.setDefaultBuilder({ name, environment }));
}

/** `slipway stop` */
export async function runStop(name: string): Promise<void> {
  await withHost(({ builders, environment }) => builders.stopBuilder({ name, environment }));
}

/** The flags of `rm`. */
export interface RmFlags {
  builder?: string;
  force?: boolean;
  keepDaemon?: boolean;
  keepState?: boolean;
}

/** `slipway rm` */
export async function runRm(names: string[], { force, keepDaemon, keepState }: RmFlags): Promise<void> {
  await withHost(async ({ builders }) => {
    for (const name of names) {
      const { diagnostics } = await builders.removeBuilder({ name, force, keepDaemon, keepState });
      for (const { message } of diagnostics) process.stderr.write(`WARNING: ${message}\n`);
      process.stdout.write(`${name} removed\n`);
    }
  });
}

async function daemonFiles(config: string | undefined): Promise<Record<string, Uint8Array>> {
  return config ? { "buildkitd.toml": await readFile(config) } : {};
}
