import { randomUUID } from "node:crypto";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { request } from "node:http";
import { connect as connectSocket } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { Duplex } from "node:stream";
import { Readable } from "node:stream";
import { ConnectError } from "@connectrpc/connect";
import { pack } from "tar-stream";
import { connectBuildkit } from "../../src/buildkit/client.js";
import type { Connect } from "../../src/buildkit/connection.js";
import { fileSync } from "../../src/buildkit/filesync/file-sync.js";
import type { SessionMethod } from "../../src/buildkit/session/method.js";
import { folderSource } from "../../src/inputs/files/folder-source.js";
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
 * Builds without keeping the result. The context has `files` and `dockerfile`, or is fetched from a URL in `context`.
 */
export async function solve(
  connect: Connect,
  input: {
    dockerfile?: string;
    files?: Record<string, string | Buffer>;
    context?: string;
    methods?: SessionMethod[];
    attrs?: Record<string, string>;
    imports?: { type: string; attrs: Record<string, string> }[];
    exports?: { type: string; attrs: Record<string, string> }[];
    exporters?: { type: string; attrs: Record<string, string> }[];
  },
): Promise<Outcome & { response: Record<string, string> }> {
  const buildkit = connectBuildkit(connect);
  const folder = await mkdtemp(join(tmpdir(), "slipway-context-"));
  try {
    await writeContext(folder, { Dockerfile: input.dockerfile ?? "", ...input.files });
    const source = await folderSource(folder);
    const files = fileSync({ context: source, dockerfile: source }, {});
    const session = await buildkit.openSession({ methods: [...files, ...(input.methods ?? [])] });
    const ref = randomUUID();
    const solved = buildkit.control
      .solve({
        ref,
        session: session.id,
        frontend: "dockerfile.v0",
        frontendAttrs: { ...(input.context && { context: input.context }), ...input.attrs },
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
    await buildkit.close();
    await rm(folder, { recursive: true });
  }
}

async function writeContext(folder: string, files: Record<string, string | Buffer>): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), content, { mode: 0o755 });
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
