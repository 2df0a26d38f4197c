import { once, setMaxListeners } from "node:events";
import { Agent, type AgentOptions, type ClientRequestArgs, type IncomingMessage, request } from "node:http";
import type { Duplex } from "node:stream";
import { text } from "node:stream/consumers";
import type Dockerode from "dockerode";
import { type ArchiveRequest, Code, driverError } from "slipway/driver";
import type { EngineAddress } from "./address.js";
import { compareApi, negotiateApi, newestApi } from "./api-version.js";
import { answerTimeoutMs, connectEngine, directEndpoint } from "./connect.js";
import { EngineAnswer, explainAnswer } from "./explain-answer.js";
import { upgrade } from "./upgrade.js";

/** An Engine's API. */
export interface EngineApi {
  address: EngineAddress;
  /** Version and operating system of the Engine. */
  version: EngineVersion;
  /** Gets a JSON document, for example "/info". */
  get<T>(path: string): Promise<T>;
  /** Posts a JSON document and reads the JSON answer. */
  post<T>(path: string, body: unknown): Promise<T>;
  /** A request whose body, or whose answer's body, is an image archive. */
  archiveRequest(method: string, path: string, headers?: Record<string, string>): ArchiveRequest;
  /** Opens a raw byte stream with a POST; the stream outlives this object. */
  hijack(path: string, body: unknown, signal: AbortSignal): Promise<Duplex>;
  /** The complete API. Loading it is slow, so frequent calls use `get` instead. */
  docker(): Promise<Dockerode>;
}

/** The answer to `GET /version`. */
export interface EngineVersion {
  Version: string;
  ApiVersion: string;
  MinAPIVersion?: string;
  Os: string;
}

/** An {@link EngineApi} with its connections. */
export interface OpenEngine extends EngineApi {
  /** The typed form of an error of the API. */
  explain(error: unknown): Error;
  close(): void;
}

/** "Docker Engine 20.10.24 (API 1.41)". */
export function describeEngine({ version }: EngineApi): string {
  return `Docker Engine ${version.Version} (API ${version.ApiVersion})`;
}

/**
 * Opens an Engine's API in the newest version that both sides support. When `signal` aborts, running requests fail.
 * Failures of the connection and of the Engine are typed.
 */
async function openEngine(address: EngineAddress, signal: AbortSignal): Promise<OpenEngine> {
  // Each connection adds a listener.
  setMaxListeners(0, signal);
  const agent = new EngineAgent(address, signal);
  const abort = () => agent.destroy();
  signal.addEventListener("abort", abort);
  const explain = (error: unknown) => explainAnswer(signal.aborted ? signal.reason : error, address);
  const close = () => {
    signal.removeEventListener("abort", abort);
    agent.destroy();
  };
  try {
    const version = await readVersion(agent, address);
    const prefix = `v${negotiateApi(address, version)}`;
    return {
      address,
      version,
      get: (path) => callJson(agent, "GET", `/${prefix}${path}`, answerTimeoutMs(address)),
      post: (path, body) => callJson(agent, "POST", `/${prefix}${path}`, answerTimeoutMs(address), body),
      hijack: (path, body, opening) =>
        upgrade(
          address,
          { path: `/${prefix}${path}`, protocol: "tcp", body },
          opening,
          (status, answer) => new EngineAnswer(status, answer),
        ),
      archiveRequest: (method, path, headers) => ({
        connect: (opening) => connectEngine(address, opening),
        direct: directEndpoint(address),
        method,
        path: `/${prefix}${path}`,
        headers,
      }),
      docker: () => loadDocker(agent, prefix),
      explain,
      close,
    };
  } catch (error) {
    close();
    throw explain(error);
  }
}

/** Runs work with an Engine's API. The connections end with the work, and its errors are typed. */
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

async function loadDocker(agent: Agent, version: string): Promise<Dockerode> {
  const { default: Docker } = await import("dockerode");
  const options = { protocol: "http" as const, host: "docker", version, agent };
  return new Docker(options);
}

async function readVersion(agent: Agent, address: EngineAddress): Promise<EngineVersion> {
  // Takes a tenth of the time of `GET /version`, and every build asks it first.
  const pinged = await ping(agent, address);
  // Only `GET /version` reports the oldest API, which matters unless the Engine's newest one is used.
  if (pinged && !address.apiVersion && compareApi(pinged.ApiVersion, newestApi) <= 0) return pinged;
  try {
    const version = await callJson<Partial<EngineVersion>>(
      agent,
      "GET",
      "/version",
      answerTimeoutMs(address),
    );
    if (version.ApiVersion) return version as EngineVersion;
  } catch (error) {
    const isForeign =
      error instanceof SyntaxError || (error instanceof EngineAnswer && error.statusCode === 404);
    if (!isForeign) throw error;
  }
  throw driverError({
    code: Code.FailedPrecondition,
    reason: "ENGINE_FOREIGN",
    message: `The server at ${address.endpoint} is not a Docker Engine.`,
    remedy: "Correct the endpoint.",
  });
}

/** The version in the headers of `GET /_ping`; undefined when they are not a Docker Engine's. */
async function ping(agent: Agent, address: EngineAddress): Promise<EngineVersion | undefined> {
  const { status, headers } = await call(agent, "GET", "/_ping", answerTimeoutMs(address));
  const { server = "", "api-version": ApiVersion } = headers;
  const [, Version, Os] = /^Docker\/(\S+) \((\w+)\)$/.exec(`${server}`) ?? [];
  if (status !== 200 || !Version || !Os || typeof ApiVersion !== "string") return undefined;
  return { Version, Os, ApiVersion };
}

async function callJson<T>(...request: Parameters<typeof call>): Promise<T> {
  const { status, answer } = await call(...request);
  if (status < 200 || status > 299) throw new EngineAnswer(status, answer);
  return JSON.parse(answer);
}

async function call(agent: Agent, method: string, path: string, timeoutMs: number, body?: unknown) {
  const payload = body === undefined ? undefined : JSON.stringify(body);
  const headers = payload
    ? { "Content-Type": "application/json", "Content-Length": Buffer.byteLength(payload) }
    : {};
  const signal = AbortSignal.timeout(timeoutMs);
  const sent = request({ agent, method, path, host: "docker", headers, signal }).end(payload);
  const [response] = (await once(sent, "response")) as [IncomingMessage];
  return { status: response.statusCode ?? 0, headers: response.headers, answer: await text(response) };
}

/** Keeps connections open between requests, because SSH connections are expensive. */
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

  // The default calls methods of a socket that a stream through ssh lacks.
  override keepSocketAlive(): boolean {
    return true;
  }
}
