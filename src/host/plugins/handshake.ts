import type { MessageInitShape } from "@bufbuild/protobuf";
import { createClient, type Interceptor, type Transport } from "@connectrpc/connect";
import { readTypedError } from "../../errors/typed-error.js";
import { Health, HealthCheckResponse_ServingStatus } from "../../gen/grpc/health/v1/health_pb.js";
import { GRPCStdio } from "../../gen/plugin/grpc_stdio_pb.js";
import type { CapabilitySchema, PeerSchema } from "../../gen/slipway/common/v1/capability_pb.js";
import { DriverService, type HandshakeResponse } from "../../gen/slipway/driver/v1/driver_pb.js";
import { createBoundedTransport } from "../../messages/answers.js";
import type { PluginConnection } from "../../plugin-client/plugin-connection.js";
import { defaultMessageBytes, healthServiceName, maxMessageBytes } from "../../plugin-protocol/connection.js";
import type { Manifest } from "../../plugin-protocol/manifest.js";
import type { Meter } from "../base/meter.js";
import { checkAddresses } from "./checked-addresses.js";
import { explainDeath } from "./explain-death.js";
import { measureCalls } from "./measure-calls.js";
import { StartError } from "./plugin-errors.js";
import type { PluginOutput } from "./plugin-output.js";
import type { RunningPlugin } from "./running-plugin.js";
import type { StartGuard } from "./start-guard.js";
import { traceCalls } from "./trace-calls.js";

/** Who asks in Handshake. */
export interface HostIdentity {
  /** Name and version of the host. */
  host: MessageInitShape<typeof PeerSchema>;
  /** Capabilities of the host. */
  capabilities: MessageInitShape<typeof CapabilitySchema>[];
  /** Is told about later calls. */
  meter?: Meter;
}

/** Completes the handshake on an open connection, with a plugin that has a manifest. */
export async function completeHandshake(
  manifest: Manifest,
  running: RunningPlugin,
  connection: PluginConnection,
  { output, guard, ...hostIdentity }: HostIdentity & { output: PluginOutput; guard: StartGuard },
): Promise<void> {
  const early = transport(connection, defaultMessageBytes, explainDeath(running.died, connection.lost));
  readStdio(early, output);
  const handshake = await guard.step("answer Handshake", (over) =>
    askForHandshake(early, hostIdentity, over),
  );
  checkManifest(manifest, handshake);
  open(running, connection, handshake, hostIdentity.meter);
}

/** Checks the health of a plugin that is not known yet, and shakes hands with it. Rejects with {@link StartError}. */
export function requestHandshake(
  connection: PluginConnection,
  hostIdentity: HostIdentity,
  signal: AbortSignal,
): Promise<HandshakeResponse> {
  return askForHandshake(transport(connection, defaultMessageBytes), hostIdentity, signal);
}

/** Completes the start of a plugin that has answered Handshake. */
export function open(
  running: RunningPlugin,
  connection: PluginConnection,
  handshake: HandshakeResponse,
  meter: Meter | undefined,
): void {
  const limit = Number(handshake.limits?.maxMessageBytes ?? 0n) || defaultMessageBytes;
  const explain = explainDeath(running.died, connection.lost);
  const watch = [traceCalls(running.name), ...(meter ? [measureCalls(running.name, meter)] : [])];
  const writeMaxBytes = Math.min(limit, maxMessageBytes);
  const calls = transport(connection, writeMaxBytes, ...watch, explain, checkAddresses);
  running.open(calls, handshake);
}

function transport(
  connection: PluginConnection,
  writeMaxBytes: number,
  ...interceptors: Interceptor[]
): Transport {
  return createBoundedTransport({
    baseUrl: connection.authority,
    sessionManager: connection,
    readMaxBytes: maxMessageBytes,
    writeMaxBytes,
    interceptors,
  });
}

async function askForHandshake(
  transport: Transport,
  { host, capabilities }: HostIdentity,
  signal: AbortSignal,
): Promise<HandshakeResponse> {
  try {
    const { status } = await createClient(Health, transport).check(
      { service: healthServiceName },
      { signal },
    );
    if (status !== HealthCheckResponse_ServingStatus.SERVING) {
      throw new StartError(
        "PLUGIN_UNHEALTHY",
        `its health service reports ${HealthCheckResponse_ServingStatus[status]}`,
      );
    }
    return await createClient(DriverService, transport).handshake({ host, capabilities }, { signal });
  } catch (cause) {
    if (cause instanceof StartError) throw cause;
    const { reason, message, remedy } = readTypedError(cause);
    throw new StartError("PLUGIN_HANDSHAKE_FAILED", `it refused Handshake: ${message} (${reason})`, {
      cause,
      remedy,
    });
  }
}

/** Checks what a plugin reports against its manifest, which is used before the plugin has ever run. */
function checkManifest(manifest: Manifest, { drivers, policyLanguages }: HandshakeResponse): void {
  requireSame(
    "drivers",
    manifest.drivers,
    drivers.map(({ name }) => name),
  );
  requireSame("policy languages", manifest.policyLanguages, policyLanguages);
}

function requireSame(what: string, declared: readonly string[], reported: readonly string[]): void {
  const [own, other] = [declared, reported].map((names) => names.toSorted().join(", ") || "none");
  if (own === other) return;
  throw new StartError(
    "PLUGIN_DRIVERS_MISMATCH",
    `its manifest declares the ${what} ${own}, but it reports ${other}`,
  );
}

/** Reads what a Go plugin prints after the handshake: it arrives only here, and the plugin blocks until it is read. */
function readStdio(transport: Transport, output: PluginOutput): void {
  const writers = [output.writer(), output.writer(), output.writer()];
  const read = async () => {
    for await (const { channel, data } of createClient(GRPCStdio, transport).streamStdio({})) {
      writers[channel]?.(data);
    }
  };
  // The service is optional and ends with the connection.
  read().catch(() => {});
}
