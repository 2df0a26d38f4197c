import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fromBinary, toBinary } from "@bufbuild/protobuf";
import { type HandshakeResponse, HandshakeResponseSchema } from "../../gen/slipway/driver/v1/driver_pb.js";
import { writeAtomically } from "../../util/write-atomically.js";
import type { FoundPlugin } from "./discovery.js";
import type { LaunchOptions } from "./launch.js";
import { programIdentity } from "./program-identity.js";

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

  /** The answer of a plugin with the files that it has now; undefined when it is not kept, or when it is damaged. */
  async read(plugin: FoundPlugin): Promise<HandshakeResponse | undefined> {
    try {
      const identity = await programIdentity(plugin, this.host);
      const [digest, answer = ""] = (await readFile(this.#path(plugin), "utf8")).split("\n");
      if (!identity || digest !== digestOf(identity, answer)) return undefined;
      return fromBinary(HandshakeResponseSchema, Buffer.from(answer, "base64"));
    } catch {
      return undefined;
    }
  }

  /**
   * Returns a function that keeps the answer of a plugin that is about to start, together with its present files: files
   * that change during the start are not the ones that answer. A failure to keep it is logged.
   */
  async keeper(plugin: FoundPlugin): Promise<(response: HandshakeResponse) => Promise<void>> {
    const identity = await programIdentity(plugin, this.host).catch(() => undefined);
    return async (response) => {
      if (!identity) return;
      const answer = Buffer.from(toBinary(HandshakeResponseSchema, response)).toString("base64");
      await writeAtomically(this.#path(plugin), `${digestOf(identity, answer)}\n${answer}\n`).catch(
        (cause) => {
          const { name } = plugin.manifest;
          this.host.log.warn(`The answer to Handshake cannot be kept: ${cause}`, { plugin: name });
        },
      );
    };
  }

  #path({ manifest }: FoundPlugin): string {
    return join(this.folder, manifest.name);
  }
}

/** Proves that an answer is complete and belongs to the program. */
function digestOf(identity: string, answer: string): string {
  return createHash("sha256").update(`${identity}\n${answer}`).digest("hex");
}
