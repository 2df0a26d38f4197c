import type { DescService } from "@bufbuild/protobuf";
import { type Client, createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { Control } from "../gen/moby/buildkit/v1/control_pb.js";
import { type Connect, Connection } from "./connection.js";
import { maxMessageBytes } from "./limits.js";
import { explainLoss } from "./lost-connection.js";
import { openSession, type Session, type SessionOptions } from "./session/session.js";

/** How to talk to a BuildKit. */
export interface BuildkitOptions {
  /** The HTTP/2 authority; default `localhost`, as gRPC has it for unix sockets. */
  host?: string;
  /** How long a new byte stream may take to answer with HTTP/2, in milliseconds; default 20 000. */
  timeoutMs?: number;
}

/** A BuildKit: calls and sessions share one HTTP/2 connection, which is opened by the first of them. */
export interface BuildkitClient {
  /** BuildKit's API as generated. Errors are ConnectErrors; a broken connection is UNAVAILABLE. */
  readonly control: Client<typeof Control>;
  /** Client of another service on the same port: content, gateway, health. */
  service<T extends DescService>(desc: T): Client<T>;
  /** Opens a session that serves the given methods; see {@link openSession}. */
  openSession(options: SessionOptions): Promise<Session>;
  /** Ends the connection and all calls and sessions on it. */
  close(): Promise<void>;
}

/** Makes a client; nothing is opened yet. */
export function connectBuildkit(connect: Connect, options: BuildkitOptions = {}): BuildkitClient {
  const { host = "localhost", timeoutMs = 20_000 } = options;
  const connection = new Connection(connect, { host, timeoutMs });
  const transport = createGrpcTransport({
    baseUrl: connection.authority,
    sessionManager: connection,
    acceptCompression: [],
    readMaxBytes: maxMessageBytes,
    writeMaxBytes: maxMessageBytes,
    interceptors: [explainLoss(connection)],
  });
  return {
    control: createClient(Control, transport),
    service: (desc) => createClient(desc, transport),
    openSession: (session) => openSession(connection, session),
    close: () => connection.close(),
  };
}
