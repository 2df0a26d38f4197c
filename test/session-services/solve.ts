import { randomUUID } from "node:crypto";
import { request } from "node:http";
import { connect as connectSocket } from "node:net";
import type { Duplex } from "node:stream";
import { Readable } from "node:stream";
import { ConnectError } from "@connectrpc/connect";
import { pack } from "tar-stream";
import { connectBuildkit } from "../../src/buildkit/client.js";
import type { Connect } from "../../src/buildkit/connection.js";
import type { SessionMethod } from "../../src/buildkit/session/method.js";
import { Uploads } from "../../src/buildkit/upload/uploads.js";
import { baseImageName, lab } from "../lab/index.js";

/** Connects to a buildkitd on a unix socket. */
export function toBuildkitd(address: string): Connect {
  return () => connectSocket(address.replace("unix://", ""));
}

/** Connects to the BuildKit in a Docker Engine by an upgrade of `/grpc`. */
export function toEngine(socketPath: string): Connect {
  return () =>
    new Promise<Duplex>((resolve, reject) => {
      const headers = { connection: "Upgrade", upgrade: "h2c" };
      const upgrade = request({ socketPath, method: "POST", path: "/grpc", headers });
      upgrade.on("upgrade", (_response, socket, head) => {
        if (head.length > 0) socket.unshift(head);
        resolve(socket);
      });
      upgrade.on("response", (response) => reject(new Error(`/grpc answered ${response.statusCode}`)));
      upgrade.on("error", reject).end();
    });
}

/** A BuildKit of the lab, and a base image for it. */
export interface Backend {
  name: string;
  connect: () => Connect;
  base: () => string;
  /** Whether it supports `#ref:folder` and `ssh://` in Git URLs. */
  modernGit: boolean;
}

/** The newest BuildKit, and the oldest supported one: version 0.8 in Docker Engine 20.10. */
export const backends: Backend[] = [
  {
    name: "buildkitd",
    connect: () => toBuildkitd(lab().buildkitd.address),
    base: () => lab().registry.baseImage,
    modernGit: true,
  },
  {
    name: "engine 20.10",
    connect: () => toEngine(lab().engine20.socket),
    base: () => baseImageName,
    modernGit: false,
  },
];

/** A Dockerfile with one step, which is never cached. */
export function runStep(base: string, run: string): string {
  return `FROM ${base}\nARG ONCE=${randomUUID()}\nRUN ${run}\n`;
}

/** A tar archive of files by name. */
export function tarOf(files: Record<string, string | Buffer>): Readable {
  const archive = pack();
  for (const [name, content] of Object.entries(files)) archive.entry({ name, mode: 0o755 }, content);
  archive.finalize();
  return Readable.from(archive);
}

/** Outcome of a build. */
export interface Outcome {
  error?: ConnectError;
  /** Output of all steps, then the names of the steps. */
  log: string;
}

/**
 * Builds without keeping the result. `context` is sent through the Upload service, or is a URL; a string in
 * `dockerfile` is the only file of the context.
 */
export async function solve(
  connect: Connect,
  input: {
    dockerfile?: string;
    context?: Readable | string;
    methods?: SessionMethod[];
    attrs?: Record<string, string>;
    imports?: { type: string; attrs: Record<string, string> }[];
    exports?: { type: string; attrs: Record<string, string> }[];
    exporters?: { type: string; attrs: Record<string, string> }[];
  },
): Promise<Outcome & { response: Record<string, string> }> {
  const uploads = new Uploads();
  const buildkit = connectBuildkit(connect);
  try {
    const given = input.context ?? tarOf({ Dockerfile: input.dockerfile! });
    const context = typeof given === "string" ? given : uploads.add(given);
    const session = await buildkit.openSession({ methods: [uploads.method, ...(input.methods ?? [])] });
    const ref = randomUUID();
    const solved = buildkit.control
      .solve({
        ref,
        session: session.id,
        frontend: "dockerfile.v0",
        frontendAttrs: { context, ...input.attrs },
        cache: { imports: input.imports ?? [], exports: input.exports ?? [] },
        exporters: input.exporters ?? [],
      })
      .then(
        ({ exporterResponse }) => ({ response: exporterResponse }),
        (error) => ({ response: {}, error: ConnectError.from(error) }),
      );
    const log = readLog(buildkit, ref);
    const outcome = await solved;
    const printed = await log;
    await session.close();
    return { ...outcome, log: printed };
  } finally {
    uploads.close();
    await buildkit.close();
  }
}

async function readLog(buildkit: ReturnType<typeof connectBuildkit>, ref: string): Promise<string> {
  let output = "";
  const names = new Set<string>();
  try {
    for await (const status of buildkit.control.status({ ref })) {
      for (const log of status.logs) output += Buffer.from(log.msg).toString();
      for (const vertex of status.vertexes) names.add(vertex.name + (vertex.cached ? " CACHED" : ""));
    }
  } catch (error) {
    output += `status: ${ConnectError.from(error).rawMessage}\n`;
  }
  return `${output}${[...names].join("\n")}\n`;
}
