import { once } from "node:events";
import type { Duplex } from "node:stream";
import {
  type Call,
  Code,
  driverError,
  isServerPreface,
  type NodeConfig,
  withPeriod,
  withTimeout,
} from "slipway/driver";
import { type EngineApi, withEngine } from "../../engine/src/api.js";
import { locateEngine } from "../../engine/src/engine.js";
import { statusOf } from "./container.js";
import { ExecStream } from "./exec-stream.js";
import { containerName } from "./names.js";

/** How long BuildKit may take to send its server preface, in milliseconds. */
const prefaceMs = 20_000;

/** Opens a stream to a node's BuildKit. Failures are typed. */
export async function connect(config: NodeConfig, { signal }: Call): Promise<Duplex> {
  const address = await locateEngine(config.endpoint);
  return withEngine(address, signal, (engine) => openBuildkit(engine, containerName(config), signal));
}

/** Opens a stream by `buildctl dial-stdio` in the container, and waits for the HTTP/2 preface that BuildKit sends first. */
export async function openBuildkit(
  engine: EngineApi,
  container: string,
  signal: AbortSignal,
): Promise<Duplex> {
  const raw = await exec(engine, container, ["buildctl", "dial-stdio"], signal);
  const stream = new ExecStream(raw, (stderr) => noBuildkit(container, stderr));
  try {
    await withTimeout(prefaceMs, signal, (limited) => once(stream, "readable", { signal: limited }));
    const preface: Buffer | null = stream.read();
    // When the Engine cannot start the program, its error comes as the program's output.
    if (!preface || !isServerPreface(preface))
      throw noBuildkit(container, preface?.toString().trim() || "the connection ended without an answer");
    stream.unshift(preface);
    return stream;
  } catch (error) {
    stream.on("error", () => {}).destroy();
    throw error;
  }
}

async function exec(
  engine: EngineApi,
  container: string,
  Cmd: string[],
  signal: AbortSignal,
): Promise<Duplex> {
  const attach = { AttachStdin: true, AttachStdout: true, AttachStderr: true };
  try {
    const { Id } = await engine.post<{ Id: string }>(`/containers/${container}/exec`, { ...attach, Cmd });
    return await engine.hijack(`/exec/${Id}/start`, { Detach: false, Tty: false }, signal);
  } catch (error) {
    const status = statusOf(error);
    if (status === undefined) throw error;
    throw driverError({
      code: Code.Unavailable,
      reason: status === 404 ? "NODE_ABSENT" : "NODE_NOT_RUNNING",
      message: withPeriod(`BuildKit does not run in the container ${container}: ${(error as Error).message}`),
      remedy: "Bootstrap the builder.",
    });
  }
}

function noBuildkit(container: string, why: string): Error {
  return driverError({
    code: Code.Unavailable,
    reason: "BUILDKIT_UNREACHABLE",
    message: withPeriod(`BuildKit cannot be reached in the container ${container}: ${why}`),
    remedy: `See its log: \`docker logs ${container}\`.`,
  });
}
