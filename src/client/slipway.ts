import { type Client, createClient } from "@connectrpc/connect";
import { AuthService } from "../gen/slipway/v1/auth_pb.js";
import { BakeService } from "../gen/slipway/v1/bake_pb.js";
import { BuildService } from "../gen/slipway/v1/build_pb.js";
import { BuildPolicyService } from "../gen/slipway/v1/build_policy_pb.js";
import { BuilderService } from "../gen/slipway/v1/builder_pb.js";
import { DebugService } from "../gen/slipway/v1/debug_pb.js";
import { HistoryService } from "../gen/slipway/v1/history_pb.js";
import { type HostLimits, HostService } from "../gen/slipway/v1/host_pb.js";
import { ImageService } from "../gen/slipway/v1/image_pb.js";
import { PluginService } from "../gen/slipway/v1/plugin_pb.js";
import { UploadService } from "../gen/slipway/v1/upload_pb.js";
import { hostAddress } from "../host-address/address.js";
import { version } from "../util/version.js";
import { connectHost } from "./connect.js";
import { forwardedEnvironment } from "./forwarded-environment.js";
import { ensureHost } from "./host-process.js";
import { hostNotInstalled, hostProgram, type Program } from "./host-program.js";
import type { TokenSource } from "./token-source.js";

/** How long a host that a client started may be idle before it ends. */
const idleTimeout = "10m";

/** A connection to a host, after negotiation. */
export interface Slipway {
  auth: Client<typeof AuthService>;
  builds: Client<typeof BuildService>;
  bakes: Client<typeof BakeService>;
  builders: Client<typeof BuilderService>;
  host: Client<typeof HostService>;
  plugins: Client<typeof PluginService>;
  debug: Client<typeof DebugService>;
  history: Client<typeof HistoryService>;
  images: Client<typeof ImageService>;
  policies: Client<typeof BuildPolicyService>;
  uploads: Client<typeof UploadService>;
  /** Version of the host. */
  version: string;
  /** Ids of the host's capabilities for this client. */
  capabilities: ReadonlySet<string>;
  /** HostLimits of the host for one message. */
  limits: HostLimits | undefined;
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
  /** Command of the CLI: program and first arguments. Default: as docs/api.md says, `$SLIPWAY` first. */
  slipway?: Program;
  /** Start a host on this machine if none runs; default true. Otherwise that is UNAVAILABLE, reason HOST_NOT_RUNNING. */
  start?: boolean;
  /** Variables that select the host (SLIPWAY_HOST, …) and that drivers ask for. Default: `process.env`. */
  env?: NodeJS.ProcessEnv;
  /** Tokens of calls on TCP, which may change while connected; default: that of SLIPWAY_TOKEN_FILE. */
  tokens?: TokenSource;
}

/** Connects to the host that the environment selects. A host on this machine is started if none is running. */
export async function connect(options: ConnectOptions = {}): Promise<Slipway> {
  const { client = { name: "slipway-js", version }, requiredCapabilities, start = true } = options;
  const { env = process.env } = options;
  const address = hostAddress(env);
  const { transport, close } =
    address.kind === "unix" && start
      ? await ensureHost({
          address,
          spawn() {
            const program = options.slipway ?? hostProgram(env);
            if (!program) throw hostNotInstalled(address);
            const [command, ...first] = program;
            return { command, args: [...first, ...serve(address.path)], env };
          },
        })
      : await connectHost(address, options.tokens);
  try {
    const service = createClient(HostService, transport);
    const negotiated = await service.negotiate({ client, requiredCapabilities });
    const { host, capabilities, limits } = negotiated;
    const ids = new Set(capabilities.map(({ id }) => id));
    return {
      auth: createClient(AuthService, transport),
      builds: createClient(BuildService, transport),
      bakes: createClient(BakeService, transport),
      builders: createClient(BuilderService, transport),
      host: service,
      plugins: createClient(PluginService, transport),
      debug: createClient(DebugService, transport),
      history: createClient(HistoryService, transport),
      images: createClient(ImageService, transport),
      policies: createClient(BuildPolicyService, transport),
      uploads: createClient(UploadService, transport),
      version: host?.version ?? "",
      capabilities: ids,
      limits,
      isLocal: ids.has("paths.local"),
      environment: forwardedEnvironment(negotiated.environment, env),
      close,
    };
  } catch (error) {
    close();
    throw error;
  }
}

function serve(socket: string): string[] {
  return ["serve", "--socket", socket, "--idle-timeout", idleTimeout, "--log-file"];
}
