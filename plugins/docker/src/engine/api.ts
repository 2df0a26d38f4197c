import { Agent, type AgentOptions, type ClientRequestArgs } from "node:http";
import type { Duplex, Readable } from "node:stream";
import type Dockerode from "dockerode";
import { Code, driverError } from "../../../../src/driver/index.js";
import type { EngineAddress } from "./address.js";
import { connectEngine } from "./connect.js";
import { explainEngineError, explainTlsRequired } from "./explain-error.js";

/** The API versions that this code was tested with. */
const oldestApi = "1.39";
const newestApi = "1.56";

/** An Engine's API. */
export interface EngineApi {
  address: EngineAddress;
  docker: Docker;
  /** What the Engine says of itself. */
  version: Dockerode.DockerVersion;
}

/** Dockerode with what its types lack. */
type Docker = Dockerode & {
  /** Images as an archive. */
  getImages(options: { names: string[] }): Promise<Readable>;
};

/** An {@link EngineApi} with its connections. */
export interface OpenEngine extends EngineApi {
  /** The typed form of an error that came of using `docker`. */
  explain(error: unknown): Error;
  close(): void;
}

/**
 * Opens an Engine's API, in the newest version that both sides know. When `signal` aborts, all that is under way breaks
 * off. Failures are typed: those of the connection, and those that the Engine answers.
 */
export async function openEngine(address: EngineAddress, signal: AbortSignal): Promise<OpenEngine> {
  const agent = new EngineAgent(address, signal);
  const abort = () => agent.destroy();
  signal.addEventListener("abort", abort);
  const explain = (error: unknown) => explainApiError(signal.aborted ? signal.reason : error, address);
  const close = () => {
    signal.removeEventListener("abort", abort);
    agent.destroy();
  };
  try {
    const docker = await clientOf(agent);
    const version = await docker.version();
    // Missing from the type.
    Object.assign(docker.modem, { version: `v${negotiate(address, version)}` });
    return { address, docker, version, explain, close };
  } catch (error) {
    close();
    throw explain(error);
  }
}

/** Runs a piece of work with an Engine's API; its connections end with the work, and its errors are typed. */
export async function withEngine<T>(
  address: EngineAddress,
  signal: AbortSignal,
  work: (engine: EngineApi) => Promise<T>,
): Promise<T> {
  const engine = await openEngine(address, signal);
  try {
    return await work(engine);
  } catch (error) {
    throw engine.explain(error);
  } finally {
    engine.close();
  }
}

async function clientOf(agent: Agent): Promise<Docker> {
  // Takes longer to load than all the rest, so the process starts without it.
  const { default: Docker } = await import("dockerode");
  const options = { protocol: "http" as const, host: "docker", agent };
  return new Docker(options) as Docker;
}

/** Keeps connections open between requests, because one through ssh is dear. */
class EngineAgent extends Agent {
  constructor(
    private readonly address: EngineAddress,
    private readonly signal: AbortSignal,
  ) {
    super({ keepAlive: true });
  }

  override createConnection(
    _options: ClientRequestArgs & AgentOptions,
    callback: (error: Error | null, stream: Duplex) => void,
  ): undefined {
    connectEngine(this.address, this.signal).then(
      (stream) => callback(null, stream),
      (error) => callback(error, undefined as never),
    );
  }

  // A stream through ssh has none of a socket's settings that the defaults of these two change.
  override keepSocketAlive(): boolean {
    return true;
  }
  override reuseSocket(): void {}
}

/** Compares API versions such as "1.41": negative when `a` is older. */
export function compareApi(a: string, b: string): number {
  return Number(a.split(".")[1]) - Number(b.split(".")[1]);
}

function negotiate(
  address: EngineAddress,
  { ApiVersion, MinAPIVersion = "1.12", Version }: Dockerode.DockerVersion,
) {
  if (compareApi(ApiVersion, oldestApi) < 0)
    throw driverError({
      code: Code.FailedPrecondition,
      reason: "ENGINE_TOO_OLD",
      message: `the Docker Engine ${Version} at ${address.endpoint} has API ${ApiVersion}; at least ${oldestApi} is needed`,
      remedy: "Upgrade to Docker Engine 18.09 or newer.",
    });
  const wanted = address.apiVersion ?? (compareApi(ApiVersion, newestApi) < 0 ? ApiVersion : newestApi);
  if (compareApi(wanted, ApiVersion) > 0 || compareApi(wanted, MinAPIVersion) < 0)
    throw driverError({
      code: Code.FailedPrecondition,
      reason: "ENGINE_API_VERSION",
      message: `the Docker Engine ${Version} at ${address.endpoint} speaks API ${MinAPIVersion} to ${ApiVersion}, not ${wanted}`,
      remedy: "Unset DOCKER_API_VERSION, or set it to a version that the Engine speaks.",
    });
  return wanted;
}

/** What dockerode makes of an answer that is no success. */
interface AnswerError extends Error {
  statusCode: number;
  json?: unknown;
}

function isAnswer(error: unknown): error is AnswerError {
  return typeof (error as AnswerError)?.statusCode === "number";
}

function explainApiError(error: unknown, address: EngineAddress): Error {
  if (!isAnswer(error)) return explainEngineError(error, address);
  const answer = /^\(HTTP code \d+\) [^-]*- (.*?) ?$/s.exec(error.message)?.[1] ?? error.message;
  return explainTlsRequired(answer, address) ?? engineError(codeOf(error.statusCode), answer, address);
}

/** An error that the Engine answered, in its own words. */
export function engineError(
  code: Code,
  answer: string,
  { endpoint }: Pick<EngineAddress, "endpoint">,
): Error {
  const reason = reasons[code] ?? "ENGINE_ERROR";
  return driverError({ code, reason, message: `the Docker Engine at ${endpoint} answers: ${answer}` });
}

const reasons: Partial<Record<Code, string>> = {
  [Code.NotFound]: "IMAGE_NOT_FOUND",
  [Code.FailedPrecondition]: "IMAGE_IN_USE",
  [Code.PermissionDenied]: "ENGINE_FORBIDS",
};

function codeOf(status: number): Code {
  switch (status) {
    case 400:
      return Code.InvalidArgument;
    case 401:
      return Code.Unauthenticated;
    case 403:
      return Code.PermissionDenied;
    case 404:
      return Code.NotFound;
    case 409:
      return Code.FailedPrecondition;
    case 503:
      return Code.Unavailable;
    default:
      return Code.Internal;
  }
}
