import { timingSafeEqual } from "node:crypto";
import { unwatchFile, watchFile } from "node:fs";
import { Code, type ConnectError } from "@connectrpc/connect";
import type { Reason } from "../../errors/reasons.js";
import { typedError } from "../../errors/typed-error.js";
import type { Log } from "../base/log.js";
import { type AccessFile, hashToken, readAccessFile } from "./access-file.js";
import type { Principal } from "./principal.js";

/** What a caller shows. */
export interface Shown {
  /** The bearer token. */
  token?: string;
  /** Common name of a client certificate that TLS has verified. */
  certificate?: string;
}

/** How often a file is looked at for changes, in milliseconds. */
const lookMs = 1_000;

/** Knows who a caller on TCP is. The access file is read again when it changes; a broken one changes nothing. */
export class Credentials {
  readonly #file: string | undefined;
  #access: AccessFile;

  private constructor(file: string | undefined, access: AccessFile) {
    this.#file = file;
    this.#access = access;
  }

  /** Reads the file, if there is one; rejects as {@link readAccessFile} does. Its owner closes it. */
  static async open(file: string | undefined, log: Log): Promise<Credentials> {
    if (file === undefined) return new Credentials(undefined, { tokens: [], certificates: [] });
    const credentials = new Credentials(file, await readAccessFile(file));
    watchFile(file, { interval: lookMs, persistent: false }, () => void credentials.#reload(log));
    return credentials;
  }

  async #reload(log: Log): Promise<void> {
    const file = this.#file!;
    try {
      this.#access = await readAccessFile(file);
      log.info("the access file was read again", { file });
    } catch (error) {
      log.error("the access file is not usable; the former entries still apply", {
        file,
        error: String(error),
      });
    }
  }

  /** Stops looking at the file. */
  close(): void {
    if (this.#file) unwatchFile(this.#file);
  }

  /**
   * The principal that shows this; throws UNAUTHENTICATED, reasons TOKEN_MISSING, TOKEN_WRONG and TOKEN_EXPIRED. A
   * token counts before a certificate. Certificates have the role "builder" unless the file lists some: then those
   * that it does not list have none.
   */
  authenticate({ token, certificate }: Shown, now = new Date()): Principal {
    const { tokens, certificates } = this.#access;
    if (token !== undefined && this.#file) {
      const hash = Buffer.from(hashToken(token));
      const entry = tokens.find((candidate) => timingSafeEqual(hash, Buffer.from(candidate.hash)));
      if (!entry) throw unauthenticated("TOKEN_WRONG", "The token is not one of this host's.");
      if (entry.expires && entry.expires <= now)
        throw unauthenticated(
          "TOKEN_EXPIRED",
          `The token ${entry.name} expired at ${entry.expires.toISOString()}.`,
        );
      return { id: `token:${entry.name}`, role: entry.role, groups: entry.groups };
    }
    const listed = certificates.find(({ subject }) => subject === certificate);
    if (tokens.length > 0 && !listed) throw unauthenticated("TOKEN_MISSING", "The host requires a token.");
    if (certificate === undefined) throw unauthenticated("TOKEN_MISSING", "The host requires a token.");
    const role = listed ? listed.role : certificates.length === 0 ? "builder" : undefined;
    return { id: `certificate:${certificate}`, role, groups: listed?.groups ?? [] };
  }
}

function unauthenticated(reason: Reason, message: string): ConnectError {
  return typedError({
    code: Code.Unauthenticated,
    reason,
    message,
    remedy: 'Send the header "Authorization: Bearer <token>"; the slipway command reads SLIPWAY_TOKEN_FILE.',
  });
}
