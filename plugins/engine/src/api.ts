import { once, setMaxListeners } from "node:events";
import { Agent, type AgentOptions, type ClientRequestArgs, type IncomingMessage, request } from "node:http";
import type { Duplex, Readable } from "node:stream";
import { text } from "node:stream/consumers";
import type Dockerode from "dockerode";
import { Code, driverError } from "slipway/driver";
import type { EngineAddress } from "./address.js";
import { compareApi, negotiateApi, newestApi } from "./api-version.js";
import { answerTimeoutMs, connectEngine } from "./connect.js";
import { EngineAnswer, explainAnswer } from "./explain-answer.js";
import { upgrade } from "./upgrade.js";

/** An Engine's API. */
export interface EngineApi {
  address: EngineAddress;
  /** What the Engine says of itself. */
  version: EngineVersion;
  /** Gets a JSON document, for example "/info". */
  get<T>(path: string): Promise<T>;
  /** Posts a JSON document and reads the answer, which is one as well. */
  post<T>(path: string, body: unknown): Promise<T>;
  /** Opens a raw byte stream with a POST; it outlives this object. */
  hijack(path: string, body: unknown, signal: AbortSignal): Promise<Duplex>;
  /** The whole API. It takes longer to load than all the rest, so what looks at an Engine often makes do with `get`. */
  docker(): Promise<Docker>;
}

/** What an Engine says of itself, as in its answer to `GET /version`. */
export interface EngineVersion {
  Version: string;
  ApiVersion: string;
  MinAPIVersion?: string;
  Os: string;
}

/** Dockerode with what its types lack. */
export type Docker = Dockerode & {
  /** Images as an archive. */
  getImages(options: { names: string[] }): Promise<Readable>;
};

/** An {@link EngineApi} with its connections. */
export interface OpenEngine extends EngineApi {
  /** The typed form of an error that came of using the API. */
  explain(error: unknown): Error;
  close(): void;
}

/** "Docker Engine 20.10.24 (API 1.41)". */
export function describeEngine({ version }: EngineApi): string {
  return `Docker Engine ${version.Version} (API ${version.ApiVersion})`;
}

/**
 * Opens an Engine's API, in the newest version that both sides know. When `signal` aborts, all that is under way breaks
 * off. Failures are typed: those of the connection, and those that the Engine answers.
 */
export async function openEngine(address: EngineAddress, signal: AbortSignal): Promise<OpenEngine> {
  // Each connection listens to it, and there may be many at the same time.
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
      docker: () => loadDocker(agent, prefix),
      explain,
      close,
    };
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

async function loadDocker(agent: Agent, version: string): Promise<Docker> {
  const { default: Docker } = await import("dockerode");
  const options = { protocol: "http" as const, host: "docker", version, agent };
  return new Docker(options) as Docker;
}

async function readVersion(agent: Agent, address: EngineAddress): Promise<EngineVersion> {
  // A tenth of the time of `GET /version`, and it is asked before anything else, for every build.
  const told = await ping(agent, address);
  // Only that one tells the oldest API, which matters when it is not the Engine's newest that is spoken.
  if (told && !address.apiVersion && compareApi(told.ApiVersion, newestApi) <= 0) return told;
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
    message: `what answers at ${address.endpoint} is no Docker Engine`,
    remedy: "Correct the endpoint.",
  });
}

/** What the headers of `GET /_ping` tell; undefined when they are not a Docker Engine's. */
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

  // A stream through ssh has none of a socket's settings that the default changes.
  override keepSocketAlive(): boolean {
    return true;
  }
}
