import {
  createHmac,
  createPrivateKey,
  createPublicKey,
  type KeyObject,
  randomBytes,
  sign,
} from "node:crypto";
import type { Credential } from "../../config/credential.js";

/**
 * Secret of this process; keeps BuildKit from testing passwords against the public keys it is given. It need not
 * outlive the process: all that is lost is that BuildKit fetches its tokens, good for minutes, once more.
 */
const SEED = randomBytes(32);

// DER of a PKCS #8 Ed25519 key up to its 32 bytes of seed (RFC 8410).
const PKCS8_PREFIX = Buffer.from("302e020100300506032b657004220420", "hex");

/**
 * The key by which BuildKit recognises a credential that it is not shown, to share tokens between builds that have the
 * same one. Builds with another user or password for the registry get another key.
 */
export function authorityKey(registry: string, credential: Credential, salt: Uint8Array): KeyObject {
  const identity = [registry, credential.username, credential.secret, credential.registryToken ?? ""];
  const seed = createHmac("sha256", salt).update(SEED).update(JSON.stringify(identity)).digest();
  return createPrivateKey({ key: Buffer.concat([PKCS8_PREFIX, seed]), format: "der", type: "pkcs8" });
}

/** The 32 bytes of the public key. */
export function publicBytes(key: KeyObject): Buffer {
  return Buffer.from(createPublicKey(key).export({ format: "jwk" }).x ?? "", "base64url");
}

/** The payload with its signature in front, as NaCl's `crypto_sign` returns it. */
export function signedPayload(key: KeyObject, payload: Uint8Array): Buffer {
  return Buffer.concat([sign(null, payload, key), payload]);
}
