import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { HandshakeResponse } from "../../gen/slipway/driver/v1/driver_pb.js";
import { writeAtomically } from "../../util/write-atomically.js";
import type { FoundPlugin } from "./discovery.js";
import { formatHandshake, parseHandshake } from "./handshake-file.js";
import type { LaunchOptions } from "./launch.js";
import { programIdentity } from "./program-identity.js";
import { readShippedHandshake } from "./shipped-handshake.js";

/**
 * What plugins answered to Handshake when they last ran, so that the host knows their drivers without starting them. An
 * answer is valid for one identity of the plugin's program; see `programIdentity`.
 */
export class HandshakeCache {
  /** @param folder has a file for each plugin; need not exist */
  constructor(
    private readonly folder: string,
    private readonly host: Pick<LaunchOptions, "host" | "capabilities" | "log">,
  ) {}

  /** The answer of a plugin with the files that it has now; undefined when there is none, or when it is damaged. */
  async read(plugin: FoundPlugin): Promise<HandshakeResponse | undefined> {
    const kept = await this.#kept(plugin).catch(() => undefined);
    return kept ?? readShippedHandshake(plugin.folder, this.host).catch(() => undefined);
  }

  /**
   * Returns a function that keeps the answer of a plugin that is about to start, together with its present files: files
   * that change during the start are not the ones that answer. A failure to keep it is logged.
   */
  async keeper(plugin: FoundPlugin): Promise<(response: HandshakeResponse) => Promise<void>> {
    const identity = await programIdentity(plugin, this.host).catch(() => undefined);
    return async (response) => {
      if (!identity) return;
      await writeAtomically(this.#path(plugin), formatHandshake(identity, response)).catch((cause) => {
        const { name } = plugin.manifest;
        this.host.log.warn(`The answer to Handshake cannot be kept: ${cause}`, { plugin: name });
      });
    };
  }

  async #kept(plugin: FoundPlugin): Promise<HandshakeResponse | undefined> {
    const identity = await programIdentity(plugin, this.host);
    return identity ? parseHandshake(identity, await readFile(this.#path(plugin), "utf8")) : undefined;
  }

  #path({ manifest }: FoundPlugin): string {
    return join(this.folder, manifest.name);
  }
}
