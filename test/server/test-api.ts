import { mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { ConnectRouter } from "@connectrpc/connect";
import { onTestFinished } from "vitest";
import { BuildService } from "../../src/gen/slipway/v1/build_pb.js";
import { BuilderService } from "../../src/gen/slipway/v1/builder_pb.js";
import { HostService } from "../../src/gen/slipway/v1/host_pb.js";
import { UploadService } from "../../src/gen/slipway/v1/upload_pb.js";
import { callerOf, requireLocal } from "../../src/host/access/caller.js";
import { keptLog, type LogLine } from "../../src/host/base/kept-log.test-helper.js";
import { type Server, type ServerOptions, startServer } from "../../src/host/server/server.js";

/** What the handlers of the test API recorded. */
export interface Seen {
  /** Bytes that WatchBuild produced. */
  produced: number;
  /** Calls of WatchBuild whose handler has ended, for whatever reason. */
  ended: number;
  /** Abort reasons of the calls' signals. */
  aborts: unknown[];
  /** Bytes that UploadTar read. */
  uploaded: number;
}

/** One real method of each kind; tests select its behaviour with a field of the request. */
export function testRoutes(seen: Seen): (router: ConnectRouter) => void {
  return (router) => {
    router.service(HostService, {
      negotiate: async ({ client }, context) => {
        switch (client?.name) {
          case "slow":
            await sleep(Number(client.version));
            break;
          case "hang":
            await new Promise(() => {});
            break;
          case "throw":
            throw new TypeError("the secret stack");
          case "local":
            requireLocal(context, "client.name");
        }
        const { transport, principal } = callerOf(context);
        const [, subject = ""] = /^certificate:(.*)$/.exec(principal!.id) ?? [];
        return { host: { name: client?.name ?? "", version: `${transport} ${subject}`.trim() } };
      },
    });
    router.service(BuildService, {
      async *watchBuild({ id, fromSequence }, { signal }) {
        signal.addEventListener("abort", () => seen.aborts.push(signal.reason));
        try {
          if (id === "bulk") {
            const data = new Uint8Array(1 << 18);
            for (let sequence = fromSequence; ; sequence++) {
              seen.produced += data.length;
              yield {
                event: { sequence, event: { case: "progress", value: { logs: [{ data }] } } },
              };
            }
          }
          for (let sequence = 1n; sequence <= fromSequence; sequence++) yield { event: { sequence } };
          if (id === "hang") await new Promise(() => {});
        } finally {
          seen.ended++;
        }
      },
      async *readOutput({ output }) {
        const data = new Uint8Array(1 << 18).fill(120);
        for (let sent = 0; sent < output; sent += data.length) yield { data };
      },
    });
    router.service(UploadService, {
      async uploadTar(requests) {
        for await (const { part } of requests) {
          if (part.case === "data") seen.uploaded += part.value.length;
          const cacheKey = part.case === "start" ? part.value.cacheKey : "";
          if (cacheKey === "refuse") throw new TypeError("refused early");
          if (cacheKey === "stall") await new Promise(() => {});
        }
        return { upload: { sizeBytes: BigInt(seen.uploaded) } };
      },
    });
    router.service(BuilderService, {
      async *dialBuilder(requests) {
        for await (const { message } of requests) if (message.case === "data") yield { event: message };
      },
    });
  };
}

/** A new private folder with a short path, removed when the test ends. */
export async function shortTempDir(): Promise<string> {
  const folder = await mkdtemp(join("/tmp", "slipway-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Starts a server with the test API; it is closed when the test ends. */
export async function startTestServer({
  listen,
  ...options
}: Partial<Omit<ServerOptions, "listen">> & { listen?: Partial<ServerOptions["listen"]> } = {}): Promise<{
  server: Server;
  seen: Seen;
  lines: LogLine[];
  unixPath: string;
}> {
  const seen: Seen = { produced: 0, ended: 0, aborts: [], uploaded: 0 };
  const { log, lines } = keptLog();
  const unixPath = listen?.unixPath ?? join(await shortTempDir(), "slipway.sock");
  const server = await startServer({
    routes: testRoutes(seen),
    log,
    ...options,
    listen: { ...listen, unixPath, tcp: listen?.tcp && { allowRemoteAdmin: true, ...listen.tcp } },
  });
  onTestFinished(() => server.close({ graceMs: 0 }));
  return { server, seen, lines, unixPath };
}

/** Arguments of node to run host-main.ts. */
export const hostMain = [
  "--import",
  import.meta.resolve("tsx"),
  fileURLToPath(new URL("host-main.ts", import.meta.url)),
];
