import { createHash, type Hash } from "node:crypto";
import { Code } from "@connectrpc/connect";
import { typedError } from "../errors/typed-error.js";

/** The SHA-256 digest of bytes: `sha256:…`. */
export function sha256(bytes: Uint8Array): string {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}

/** Checks bytes against a digest: DATA_LOSS, reason IMAGE_DIGEST_MISMATCH. */
export function checkDigest(bytes: Uint8Array, digest: string, what: string): void {
  const hash = hashOf(digest);
  requireDigest(hash?.update(bytes), digest, what);
}

/** Passes bytes on, and fails as {@link checkDigest} instead of ending if they do not have their digest. */
export async function* checkedBytes(
  bytes: AsyncIterable<Uint8Array>,
  digest: string,
  what: string,
): AsyncGenerator<Uint8Array> {
  const hash = hashOf(digest);
  for await (const chunk of bytes) {
    hash?.update(chunk);
    yield chunk;
  }
  requireDigest(hash, digest, what);
}

function hashOf(digest: string): Hash | undefined {
  const [algorithm = ""] = digest.split(":");
  return ["sha256", "sha384", "sha512"].includes(algorithm) ? createHash(algorithm) : undefined;
}

function requireDigest(hash: Hash | undefined, digest: string, what: string): void {
  const actual = hash && `${digest.split(":")[0]}:${hash.digest("hex")}`;
  if (actual === digest) return;
  const claimed = actual ? `it has ${actual}, not ${digest}` : `its digest is ${JSON.stringify(digest)}`;
  throw typedError({
    code: Code.DataLoss,
    reason: "IMAGE_DIGEST_MISMATCH",
    message: `The content of ${what} does not have its digest: ${claimed}.`,
    remedy: "Do not use the content. Check the registry, and what is between it and the host.",
  });
}
