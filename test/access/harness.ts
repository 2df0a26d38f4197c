import { readFile } from "node:fs/promises";
import { createConnection } from "node:net";
import { join } from "node:path";
import { type Client, createClient, type Interceptor, type Transport } from "@connectrpc/connect";
import { createConnectTransport, createGrpcTransport } from "@connectrpc/connect-node";
import { readTypedError } from "../../src/errors/typed-error.js";
import { BuildService } from "../../src/gen/slipway/v1/build_pb.js";
import { BuilderService } from "../../src/gen/slipway/v1/builder_pb.js";
import { PluginService } from "../../src/gen/slipway/v1/plugin_pb.js";
import { UploadService } from "../../src/gen/slipway/v1/upload_pb.js";
import { hashToken, newToken, writeAccessFile } from "../../src/host/access/access-file.js";
import type { Role } from "../../src/host/access/principal.js";
import { startHost, type TestHost, type TestHostOptions } from "../host/host.js";
import { freePort, lab, run, tempDir } from "../lab/index.js";
import type { TestTls } from "../lab/tls.js";

/** A client on TCP. */
export interface RemoteClient {
  builders: Client<typeof BuilderService>;
  builds: Client<typeof BuildService>;
  plugins: Client<typeof PluginService>;
  uploads: Client<typeof UploadService>;
  /** For all services and kinds of calls. */
  http2: Transport;
}

/** A host on TCP and the principals that may call it. */
export interface Team {
  host: TestHost;
  /** Its access file. */
  file: string;
  /** ann and bob have the role "builder"; ann is in the group "team-a". */
  clients: Record<"admin" | "ann" | "bob" | "viewer", RemoteClient>;
  /**
   * Callers without a token: nobody, whose certificate is not listed, if there is TLS; the holder of a certificate with the
   * role "builder"; the local user.
   */
  transports: Record<"nobody" | "certificate" | "local", Transport>;
  /** Those of the options. */
  members: Record<string, RemoteClient>;
}

/** Options of {@link startTeam}. */
export interface TeamOptions extends TestHostOptions {
  /** The host and its clients use TLS, and the host knows client certificates; default: plain HTTP. */
  tls?: TestTls;
  /** Further tokens by their names, with projects and roles there; default: none. */
  members?: Record<string, Record<string, Role>>;
  /** Names of those members that are untrusted; default: none. */
  untrusted?: readonly string[];
}

/** Starts a host that several principals on TCP use, with --allow-remote-admin unless `args` are given. */
export async function startTeam(given: TeamOptions = {}): Promise<Team> {
  const { tls, members = {}, untrusted = [], ...options } = given;
  const { args = ["--allow-remote-admin"] } = options;
  const roles: Record<keyof Team["clients"], Role> = {
    admin: "admin",
    ann: "builder",
    bob: "builder",
    viewer: "viewer",
  };
  const tokens = Object.entries(roles).map(([name, role]) => ({ name, role, token: newToken() }));
  const ofProjects = Object.entries(members).map(([name, projects]) => ({
    name,
    projects: new Map(Object.entries(projects)),
    ...(untrusted.includes(name) && { trust: "untrusted" as const }),
    token: newToken(),
  }));
  const file = join(await tempDir(), "access.toml");
  await writeAccessFile(file, {
    tokens: [...tokens, ...ofProjects].map(({ token, ...entry }) => ({
      ...entry,
      hash: hashToken(token),
      groups: entry.name === "ann" ? ["team-a"] : [],
    })),
    certificates: tls ? [{ subject: "slipway lab client", role: "builder", groups: [] }] : [],
  });
  const address = `127.0.0.1:${await freePort()}`;
  const tlsArgs = tls
    ? ["--tls-cert", tls.serverCert, "--tls-key", tls.serverKey, "--tls-client-ca", tls.ca]
    : [];
  const host = await startHost({
    ...options,
    args: ["--tcp", address, "--token-file", file, ...tlsArgs, ...args],
  });
  const baseUrl = `${tls ? "https" : "http"}://${address}`;
  const certificate = async (cert?: string, key?: string) =>
    cert && key && tls
      ? { ca: await readFile(tls.ca), cert: await readFile(cert), key: await readFile(key) }
      : {};
  const own = await certificate(tls?.cert, tls?.key);
  const strange = await certificate(tls?.strangerCert, tls?.strangerKey);
  const clientsOf = (entries: readonly { name: string; token: string }[]) =>
    Object.fromEntries(entries.map(({ name, token }) => [name, connect(baseUrl, token, own)]));
  const clients = clientsOf(tokens) as Team["clients"];
  const transports = {
    nobody: createGrpcTransport({ baseUrl, nodeOptions: strange }),
    certificate: createGrpcTransport({ baseUrl, nodeOptions: own }),
    local: createGrpcTransport({
      baseUrl: "http://localhost",
      nodeOptions: { createConnection: () => createConnection(host.socket) },
    }),
  };
  return { host, file, clients, transports, members: clientsOf(ofProjects) };
}

function connect(baseUrl: string, token: string, nodeOptions: object): RemoteClient {
  const authorize: Interceptor = (next) => (request) => {
    request.header.set("authorization", `Bearer ${token}`);
    return next(request);
  };
  const interceptors = [authorize];
  const transport = createConnectTransport({ baseUrl, httpVersion: "1.1", interceptors, nodeOptions });
  return {
    builders: createClient(BuilderService, transport),
    builds: createClient(BuildService, transport),
    plugins: createClient(PluginService, transport),
    uploads: createClient(UploadService, transport),
    http2: createGrpcTransport({ baseUrl, interceptors, nodeOptions }),
  };
}

/** A home folder whose Docker context "team" selects the lab's engine. */
export async function homeWithContext(): Promise<string> {
  const home = await tempDir();
  const env = { ...process.env, HOME: home, DOCKER_CONFIG: join(home, ".docker") };
  const { host } = lab().engine29;
  await run("docker", ["context", "create", "team", "--docker", `host=${host}`], { env });
  return home;
}

/** The reason of a call's error; undefined when the call succeeds. */
export async function reasonOf(call: Promise<unknown>): Promise<string | undefined> {
  return call.then(
    () => undefined,
    (cause) => readTypedError(cause).reason,
  );
}
