import { createPrivateKey, type KeyObject, sign } from "node:crypto";
import ssh2 from "ssh2";
import { InputError } from "../../errors/input-error.js";
import { withPeriod } from "../../util/with-period.js";
import { encodeString, encodeUnsigned } from "./agent-protocol.js";

/** A private key of an agent. */
export interface PrivateKey {
  /** The public key as SSH sends it. */
  blob: Buffer;
  /** Comment that `ssh-add -l` shows. */
  comment: string;
  /** Signs data; `flags` are those of the sign request. The result contains the name of its algorithm. */
  sign(data: Uint8Array, flags: number): Buffer;
}

const rsaSha256 = 2;
const rsaSha512 = 4;

const ecdsaHashes: Record<string, string> = {
  "ecdsa-sha2-nistp256": "sha256",
  "ecdsa-sha2-nistp384": "sha384",
  "ecdsa-sha2-nistp521": "sha512",
};

/**
 * Parses a private key in OpenSSH, PEM (PKCS #1, SEC 1, PKCS #8) or PuTTY format. `name` is its path or label in
 * messages. Throws an {@link InputError} if it has a passphrase or cannot be used.
 */
export function parsePrivateKey(data: Uint8Array, name: string): PrivateKey {
  const text = Buffer.from(data).toString("latin1").trim();
  if (text.includes("-----BEGIN ENCRYPTED PRIVATE KEY-----")) throw encrypted(name);
  const { type, blob, key, comment } = text.includes("-----BEGIN PRIVATE KEY-----")
    ? fromPkcs8(text, name)
    : fromSshFormat(text, name);
  return { blob, comment: comment || name, sign: signer(type, key, name) };
}

interface Parsed {
  type: string;
  blob: Buffer;
  key: KeyObject;
  comment: string;
}

function fromSshFormat(text: string, name: string): Parsed {
  const parsed = ssh2.utils.parseKey(text);
  if (parsed instanceof Error) {
    if (/passphrase/.test(parsed.message)) throw encrypted(name);
    throw unusable(name, parsed.message);
  }
  if (!parsed.isPrivateKey()) throw unusable(name, "it is a public key");
  return {
    type: parsed.type,
    blob: parsed.getPublicSSH(),
    key: createPrivateKey(parsed.getPrivatePEM()),
    comment: parsed.comment,
  };
}

// ssh2 cannot read PKCS #8. Node can, and converts RSA and EC keys to older formats that ssh2 reads.
function fromPkcs8(text: string, name: string): Parsed {
  let key: KeyObject;
  try {
    key = createPrivateKey(text);
  } catch (error) {
    throw unusable(name, error instanceof Error ? error.message : String(error));
  }
  switch (key.asymmetricKeyType) {
    case "rsa":
      return fromSshFormat(key.export({ type: "pkcs1", format: "pem" }).toString().trim(), name);
    case "ec":
      return fromSshFormat(key.export({ type: "sec1", format: "pem" }).toString().trim(), name);
    case "ed25519": {
      const point = Buffer.from(key.export({ format: "jwk" }).x ?? "", "base64url");
      const type = "ssh-ed25519";
      return { type, blob: Buffer.concat([encodeString(type), encodeString(point)]), key, comment: "" };
    }
    default:
      throw unusable(name, `SSH has no keys of type ${key.asymmetricKeyType}`);
  }
}

function signer(type: string, key: KeyObject, name: string): PrivateKey["sign"] {
  const signature = (algorithm: string, value: Uint8Array) =>
    Buffer.concat([encodeString(algorithm), encodeString(value)]);

  const hash = ecdsaHashes[type];
  if (hash !== undefined)
    return (data) => {
      const pair = sign(hash, data, { key, dsaEncoding: "ieee-p1363" });
      const half = pair.length / 2;
      return signature(
        type,
        Buffer.concat([pair.subarray(0, half), pair.subarray(half)].map(encodeUnsigned)),
      );
    };
  if (type === "ssh-ed25519") return (data) => signature(type, sign(null, data, key));
  if (type === "ssh-rsa")
    return (data, flags) => {
      if (flags & rsaSha512) return signature("rsa-sha2-512", sign("sha512", data, key));
      if (flags & rsaSha256) return signature("rsa-sha2-256", sign("sha256", data, key));
      return signature("ssh-rsa", sign("sha1", data, key));
    };
  throw unusable(name, `keys of type ${type} are not supported`);
}

function encrypted(name: string): InputError {
  return new InputError({
    reason: "SSH_KEY_ENCRYPTED",
    field: "ssh",
    message: `The SSH key ${name} is protected by a passphrase.`,
    remedy: "Add it to an agent with ssh-add, and forward the agent instead.",
  });
}

function unusable(name: string, why: string): InputError {
  return new InputError({
    reason: "SSH_KEY_INVALID",
    field: "ssh",
    message: withPeriod(`The SSH key ${name} cannot be used: ${why}`),
    remedy: "Give a private key in OpenSSH or PEM format, or the path of an agent's socket.",
  });
}
