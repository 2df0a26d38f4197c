import { createHash } from "node:crypto";
import { Code } from "@connectrpc/connect";
import { typedError } from "../errors/typed-error.js";

/** The SHA-256 digest of bytes: `sha256:…`. */
export function sha256(bytes: Uint8Array): string {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}

/** Checks bytes against a digest: DATA_LOSS, reason IMAGE_DIGEST_MISMATCH. */
export function checkDigest(bytes: Uint8Array, digest: string, what: string): void {
  const [algorithm, expected] = digest.split(":");
  const known = ["sha256", "sha384", "sha512"].includes(algorithm!);
  const actual = known ? createHash(algorithm!).update(bytes).digest("hex") : "";
  if (known && actual === expected) return;
  const claimed = known
    ? `it has ${algorithm}:${actual}, not ${digest}`
    : `its digest is ${JSON.stringify(digest)}`;
  throw typedError({
    code: Code.DataLoss,
    reason: "IMAGE_DIGEST_MISMATCH",
    message: `The content of ${what} does not have its digest: ${claimed}.`,
    remedy: "Do not use the content. Check the registry, and what is between it and the host.",
  });
}
