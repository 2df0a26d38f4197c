import { type Client, createClient } from "@connectrpc/connect";
import { BuildService } from "../gen/slipway/v1/build_pb.js";
import { BuilderService } from "../gen/slipway/v1/builder_pb.js";
import { DriverService } from "../gen/slipway/v1/driver_pb.js";
import { HistoryService } from "../gen/slipway/v1/history_pb.js";
import { type Limits, SystemService } from "../gen/slipway/v1/system_pb.js";
import { UploadService } from "../gen/slipway/v1/upload_pb.js";
import { hostAddress } from "../host-address/address.js";
import { version } from "../util/version.js";
import { connectHost } from "./connect.js";
import { ensureHost } from "./host-process.js";

/** How long a host that a client started may be idle before it ends. */
const idleTimeout = "10m";

/** A connection to a host, after negotiation. */
export interface Slipway {
  builds: Client<typeof BuildService>;
  builders: Client<typeof BuilderService>;
  drivers: Client<typeof DriverService>;
  history: Client<typeof HistoryService>;
  system: Client<typeof SystemService>;
  uploads: Client<typeof UploadService>;
  /** Ids of the host's capabilities for this client. */
  capabilities: ReadonlySet<string>;
  /** Limits of the host for one message. */
  limits: Limits | undefined;
  /** The host can read this machine's files. */
  isLocal: boolean;
  /** The environment variables that drivers ask for, to send in requests. */
  environment: Record<string, string>;
  /** Closes the connection and ends the calls in progress. Builds continue. */
  close(): void;
}

/** Options of {@link connect}. */
export interface ConnectOptions {
  /** Name and version of the client, for the host's log. */
  client?: { name: string; version: string };
  /** Ids of capabilities that the client requires. A host that lacks one refuses the connection and names it. */
  requiredCapabilities?: string[];
  /** Command of the CLI: program and first arguments. Default: `$SLIPWAY`, or "slipway" in the PATH. */
  slipway?: [program: string, ...args: string[]];
  /** Variables that select the host (SLIPWAY_HOST, …) and that drivers ask for. Default: `process.env`. */
  env?: NodeJS.ProcessEnv;
}

/** Connects to the host that the environment selects. A host on this machine is started if none is running. */
export async function connect(options: ConnectOptions = {}): Promise<Slipway> {
  const { client = { name: "slipway-js", version }, requiredCapabilities, env = process.env } = options;
  const [command, ...first] = options.slipway ?? [env.SLIPWAY || "slipway"];
  const address = hostAddress(env);
  const { transport, close } =
    address.kind === "unix"
      ? await ensureHost({ address, spawn: { command, args: [...first, ...serve(address.path)], env } })
      : await connectHost(address);
  try {
    const system = createClient(SystemService, transport);
    const { capabilities, limits } = await system.negotiate({ client, requiredCapabilities });
    const settings = capabilities.find(({ id }) => id === "environment")?.settings ?? {};
    const variables = Array.isArray(settings.variables) ? settings.variables : [];
    const set = variables.filter(
      (name): name is string => typeof name === "string" && env[name] !== undefined,
    );
    const ids = new Set(capabilities.map(({ id }) => id));
    return {
      builds: createClient(BuildService, transport),
      builders: createClient(BuilderService, transport),
      drivers: createClient(DriverService, transport),
      history: createClient(HistoryService, transport),
      system,
      uploads: createClient(UploadService, transport),
      capabilities: ids,
      limits,
      isLocal: ids.has("paths.local"),
      environment: Object.fromEntries(set.map((name) => [name, env[name]!])),
      close,
    };
  } catch (error) {
    close();
    throw error;
  }
}

function serve(socket: string): string[] {
  return ["serve", "--socket", socket, "--idle-timeout", idleTimeout];
}
