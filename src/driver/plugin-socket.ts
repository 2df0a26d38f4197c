import { rmdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { maxSocketPathBytes } from "../plugin-protocol/process-contract.js";
import type { PluginDefinition } from "./driver-service.js";
import { driverServices } from "./driver-services.js";
import { CannotServe } from "./host-settings.js";
import { log } from "./log.js";
import { PluginServer, type PluginServerOptions } from "./plugin-server.js";
import { addPluginServices } from "./plugin-services.js";

/** How long running calls may continue after the end is requested, in milliseconds. */
export const graceMs = 1000;
/** How long they may take after their signals abort, in milliseconds. A host kills the plugin 2 s after Shutdown. */
export const abortMs = 500;

/** Options of a plugin's socket. */
export interface PluginSocketOptions {
  /** The folder for the sockets of this process. */
  folder: string;
  /** Mutual TLS; absent means none. */
  tls?: PluginServerOptions["tls"];
  /** Whether the host may end the process with Shutdown. */
  canShutDown: boolean;
}

/** A plugin that listens on a unix socket. */
export interface PluginSocket {
  /** Path of the socket. */
  path: string;
  /** Finishes running calls for a limited time, deletes the sockets and ends the process. */
  end(why: string): void;
}

/** Serves a plugin on a unix socket; resolves when it listens. */
export async function openPluginSocket(
  plugin: PluginDefinition,
  { folder, tls, canShutDown }: PluginSocketOptions,
): Promise<PluginSocket> {
  const path = join(folder, `plugin${process.pid}`);
  if (Buffer.byteLength(path) > maxSocketPathBytes) {
    throw new CannotServe(
      `The socket path ${path} is longer than ${maxSocketPathBytes} bytes. Use a shorter folder for it, such as TMPDIR=/tmp.`,
    );
  }
  const services = driverServices(plugin, folder);
  const server = new PluginServer({
    listen: { path },
    tls,
    routes(router) {
      addPluginServices(router, canShutDown ? () => end("Shutdown") : undefined);
      services.add(router);
    },
  });
  let ending = false;
  const end = (why: string) => {
    if (ending) return;
    ending = true;
    log.debug(`Shutting down: ${why}`);
    services.leases.close();
    void server.close(graceMs, abortMs).then(() => {
      rmSync(path, { force: true });
      try {
        rmdirSync(folder);
      } catch {
        // The host uses the folder for other files, or has deleted it.
      }
      process.exit(0);
    });
  };
  await server.listen();
  return { path, end };
}
