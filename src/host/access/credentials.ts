import { timingSafeEqual } from "node:crypto";
import { Code, type ConnectError } from "@connectrpc/connect";
import type { Reason } from "../../errors/reasons.js";
import { readTypedError, typedError } from "../../errors/typed-error.js";
import { FileSettings } from "../base/file-settings.js";
import type { Log } from "../base/log.js";
import { type AccessFile, hashToken, readAccessFile } from "./access-file.js";
import type { Identities } from "./identities.js";
import { isIssuedToken } from "./issued-tokens.js";
import { type Grants, granted, localPrincipal, type Principal } from "./principal.js";

/** Credentials of a caller. */
export interface PresentedCredentials {
  /** The bearer token. */
  token?: string;
  /** Common name of a client certificate that TLS has verified. */
  certificate?: string;
}

/** Authenticates callers on TCP. The access file is read again when it changes. */
export class Credentials {
  readonly #file: FileSettings<AccessFile> | undefined;

  readonly #identities: Identities | undefined;

  private constructor(file: FileSettings<AccessFile> | undefined, identities: Identities | undefined) {
    this.#file = file;
    this.#identities = identities;
  }

  /**
   * Reads the file, if there is one; rejects as {@link readAccessFile} does. Its owner closes it.
   * @param identities those whom issuers vouch for; the caller closes them
   */
  static async open(file: string | undefined, log: Log, identities?: Identities): Promise<Credentials> {
    if (file === undefined) return new Credentials(undefined, identities);
    let isOpen = false;
    const read = () =>
      readAccessFile(file).catch((error) => {
        if (isOpen) return withdrawn(file, error, log);
        throw error;
      });
    const settings = await FileSettings.open({ title: "access file", files: [file], read, log });
    isOpen = true;
    return new Credentials(settings, identities);
  }

  /** Stops watching the file. */
  close(): void {
    this.#file?.close();
  }

  /**
   * The principal that shows this; throws UNAUTHENTICATED, reasons TOKEN_MISSING, TOKEN_WRONG, TOKEN_EXPIRED and
   * IDENTITY_UNBOUND. A token counts before a certificate. Without a file, certificates have the role "builder"; with one, those that it does
   * not list have none.
   */
  authenticate({ token, certificate }: PresentedCredentials, now = new Date()): Principal {
    const { tokens, certificates } = this.#file?.value ?? nobody;
    if (token !== undefined && this.#identities && isIssuedToken(token))
      return this.#identities.authenticate(token, now);
    if (token !== undefined && (this.#file || this.#identities)) {
      const hash = Buffer.from(hashToken(token));
      const entry = tokens.find((candidate) => timingSafeEqual(hash, Buffer.from(candidate.hash)));
      if (!entry) throw unauthenticated("TOKEN_WRONG", "The token is not one of this host's.");
      if (entry.expires && entry.expires <= now)
        throw unauthenticated(
          "TOKEN_EXPIRED",
          `The token ${entry.name} expired at ${entry.expires.toISOString()}.`,
        );
      return granted(`token:${entry.name}`, entry);
    }
    const listed = certificates.find(({ subject }) => subject === certificate);
    if (certificate === undefined || (tokens.length > 0 && !listed))
      throw unauthenticated("TOKEN_MISSING", "The host requires a token.");
    return this.#ofCertificate(certificate);
  }

  /** The rights that a principal with this id has now; one that has lost its access has no role. */
  now(id: string, now = new Date()): Principal {
    if (id === localPrincipal.id) return localPrincipal;
    if (this.#identities && id.startsWith("oidc:")) return this.#identities.now(id);
    const [, kind, name] = /^(token|certificate):(.*)$/s.exec(id) ?? [];
    if (kind === "certificate") return this.#ofCertificate(name!);
    const entry = this.#file?.value.tokens.find((token) => token.name === name);
    const isValid = entry && !(entry.expires && entry.expires <= now);
    return granted(id, isValid ? entry : undefined);
  }

  #ofCertificate(subject: string): Principal {
    const listed = this.#file?.value.certificates.find((each) => each.subject === subject);
    const byDefault: Grants | undefined = this.#file ? undefined : { role: "builder", groups: [] };
    return granted(`certificate:${subject}`, listed ?? byDefault);
  }
}

const nobody: AccessFile = { tokens: [], certificates: [] };

/**
 * A file that is gone, or that others can reach, ends the access of everybody at once. One with a mistake does not: the
 * former content applies until it is corrected.
 */
function withdrawn(file: string, error: unknown, log: Log): AccessFile {
  const { reason } = readTypedError(error);
  if (reason !== "TOKEN_FILE_UNREADABLE" && reason !== "TOKEN_FILE_UNSAFE") throw error;
  log.error("The access file cannot be used; callers on TCP have no access", { file, error: String(error) });
  return nobody;
}

function unauthenticated(reason: Reason, message: string): ConnectError {
  return typedError({
    code: Code.Unauthenticated,
    reason,
    message,
    remedy: 'Send the header "Authorization: Bearer <token>".',
  });
}
