import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from "node:crypto";

/** An encrypted value. */
export interface Sealed {
  /** Id of the key that encrypted it. */
  key: string;
  /** Nonce, authentication tag and ciphertext. */
  data: Uint8Array;
}

/** Lengths in bytes, as NIST SP 800-38D recommends them for GCM. */
const nonceBytes = 12;
const tagBytes = 16;

interface Key {
  id: string;
  secret: Buffer;
  /** Signs; independent of the secret. */
  signing: Buffer;
}

/**
 * The operator's keys. The first one encrypts, all of them decrypt. Values are encrypted with AES-256-GCM under a key
 * that HKDF-SHA-256 derives from the operator's, each with a random nonce. Their place is authenticated with them, so
 * that a value cannot be moved to another place.
 */
export class Keyring {
  readonly #keys: Key[];

  /** @param keys random bytes, at least 32 each; none for a host that does not encrypt */
  constructor(keys: readonly Uint8Array[] = []) {
    this.#keys = keys.map((key) => ({
      id: derive(key, "slipway state key id", 4).toString("hex"),
      secret: derive(key, "slipway state encryption", 32),
      signing: derive(key, "slipway token signature", 32),
    }));
  }

  /** Ids of the keys, the one that encrypts first. An id says nothing about its key. */
  get ids(): string[] {
    return this.#keys.map(({ id }) => id);
  }

  /** Keys for signatures of tokens: the first one signs, all of them verify. */
  get signingKeys(): Buffer[] {
    return this.#keys.map(({ signing }) => signing);
  }

  /**
   * Encrypts a value for a place; undefined when there is no key.
   * @param place the names that lead to the value
   */
  seal(value: Uint8Array, place: readonly string[]): Sealed | undefined {
    const [key] = this.#keys;
    if (!key) return undefined;
    const nonce = randomBytes(nonceBytes);
    const cipher = createCipheriv("aes-256-gcm", key.secret, nonce, { authTagLength: tagBytes });
    cipher.setAAD(associatedData(key, place));
    const text = Buffer.concat([cipher.update(value), cipher.final()]);
    return { key: key.id, data: Buffer.concat([nonce, cipher.getAuthTag(), text]) };
  }

  /** Whether a value's key is here. */
  has({ key }: Sealed): boolean {
    return this.#keys.some(({ id }) => id === key);
  }

  /** Decrypts a value; undefined when its key is missing, or when the value was changed or is not from this place. */
  open({ key: id, data }: Sealed, place: readonly string[]): Buffer | undefined {
    const key = this.#keys.find((known) => known.id === id);
    if (!key || data.length < nonceBytes + tagBytes) return undefined;
    const nonce = data.subarray(0, nonceBytes);
    const decipher = createDecipheriv("aes-256-gcm", key.secret, nonce, { authTagLength: tagBytes });
    decipher.setAAD(associatedData(key, place));
    decipher.setAuthTag(data.subarray(nonceBytes, nonceBytes + tagBytes));
    try {
      return Buffer.concat([decipher.update(data.subarray(nonceBytes + tagBytes)), decipher.final()]);
    } catch {
      return undefined;
    }
  }
}

function derive(key: Uint8Array, purpose: string, bytes: number): Buffer {
  return Buffer.from(hkdfSync("sha256", key, "", purpose, bytes));
}

function associatedData({ id }: Key, place: readonly string[]): Buffer {
  return Buffer.from(JSON.stringify(["slipway", 1, id, ...place]));
}
