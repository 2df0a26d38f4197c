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
 * Secret of this process, without which BuildKit could test passwords against the public keys. It is not stored:
 * after a restart, BuildKit only fetches its tokens, which are valid for minutes, once more.
 */
const processSecret = randomBytes(32);

// DER of a PKCS #8 Ed25519 private key before its seed of 32 bytes (RFC 8410).
const pkcs8Prefix = Buffer.from("302e020100300506032b657004220420", "hex");

/**
 * The key by which BuildKit recognises a credential without seeing it. Builds with the same credential have the same
 * key and share tokens; builds with another user or password for the registry have another key.
 */
export function authorityKey(registry: string, credential: Credential, salt: Uint8Array): KeyObject {
  const identity = [registry, credential.username, credential.secret, credential.registryToken ?? ""];
  const seed = createHmac("sha256", salt).update(processSecret).update(JSON.stringify(identity)).digest();
  return createPrivateKey({ key: Buffer.concat([pkcs8Prefix, seed]), format: "der", type: "pkcs8" });
}

/** The 32 bytes of the public key. */
export function publicBytes(key: KeyObject): Buffer {
  return Buffer.from(createPublicKey(key).export({ format: "jwk" }).x ?? "", "base64url");
}

/** The signature followed by the payload, as NaCl's `crypto_sign` returns them. */
export function signedPayload(key: KeyObject, payload: Uint8Array): Buffer {
  return Buffer.concat([sign(null, payload, key), payload]);
}
