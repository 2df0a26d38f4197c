import { realpathSync } from "node:fs";
import { type Client, createClient } from "@connectrpc/connect";
import { hostAddress } from "../client/address.js";
import { connectHost } from "../client/connect.js";
import { ensureHost } from "../client/host-process.js";
import { BuildService } from "../gen/slipway/v1/build_pb.js";
import { BuilderService } from "../gen/slipway/v1/builder_pb.js";
import { DriverService } from "../gen/slipway/v1/driver_pb.js";
import { HistoryService } from "../gen/slipway/v1/history_pb.js";
import { SystemService } from "../gen/slipway/v1/system_pb.js";
import { UploadService } from "../gen/slipway/v1/upload_pb.js";
import { version } from "../version.js";

/** How long a host that the CLI started waits for work before it ends. */
const idleTimeout = "10m";

/** A connection to a host, after both sides have said what they can do. */
export interface Host {
  builds: Client<typeof BuildService>;
  builders: Client<typeof BuilderService>;
  drivers: Client<typeof DriverService>;
  history: Client<typeof HistoryService>;
  system: Client<typeof SystemService>;
  uploads: Client<typeof UploadService>;
  /** The host sees this machine's files. */
  isLocal: boolean;
  /** Those of the user's environment variables that drivers ask for. */
  environment: Record<string, string>;
  close(): void;
}

/** Connects to the host that the environment selects; one on this machine is started if none runs. */
export async function openHost(env: NodeJS.ProcessEnv = process.env): Promise<Host> {
  const address = await hostAddress(env);
  const { transport, close } =
    address.kind === "unix"
      ? await ensureHost({ address, spawn: { ...serveCommand(address.path), env } })
      : await connectHost(address);
  try {
    const system = createClient(SystemService, transport);
    const { capabilities } = await system.negotiate({ client: { name: "slipway-cli", version } });
    const settings = capabilities.find(({ id }) => id === "environment")?.settings ?? {};
    const variables = Array.isArray(settings.variables) ? settings.variables : [];
    const set = variables.filter(
      (name): name is string => typeof name === "string" && env[name] !== undefined,
    );
    return {
      builds: createClient(BuildService, transport),
      builders: createClient(BuilderService, transport),
      drivers: createClient(DriverService, transport),
      history: createClient(HistoryService, transport),
      system,
      uploads: createClient(UploadService, transport),
      isLocal: capabilities.some(({ id }) => id === "paths.local"),
      environment: Object.fromEntries(set.map((name) => [name, env[name]!])),
      close,
    };
  } catch (error) {
    close();
    throw error;
  }
}

/** Runs `work` with a host and closes the connection afterwards. */
export async function withHost<T>(work: (host: Host) => Promise<T>): Promise<T> {
  const host = await openHost();
  try {
    return await work(host);
  } finally {
    host.close();
  }
}

/** This program again, as a host. */
function serveCommand(socket: string): { command: string; args: string[] } {
  const script = realpathSync(process.argv[1]!);
  const serve = ["serve", "--socket", socket, "--idle-timeout", idleTimeout];
  return { command: process.execPath, args: [...process.execArgv, script, ...serve] };
}
