import { InputError } from "../errors/input-error.js";

/** Largest secret in bytes; BuildKit's own clients refuse more than 500 KiB. */
export const maxSecretBytes = 500 * 1024;

/** Throws an {@link InputError} for a secret that BuildKit would refuse. */
export function validateSecret(id: string, value: Uint8Array): void {
  const field = `secrets[${id}]`;
  if (id === "")
    throw new InputError({
      reason: "SECRET_ID_MISSING",
      field: "secrets",
      message: "A secret has no id.",
      remedy: "Name it as the Dockerfile does: --mount=type=secret,id=<id>.",
    });
  if (value.byteLength > maxSecretBytes)
    throw new InputError({
      reason: "SECRET_TOO_LARGE",
      field,
      message: `Secret ${id} has ${value.byteLength} bytes, more than the ${maxSecretBytes} that BuildKit accepts.`,
      remedy: "Pass large files as a named context instead.",
    });
}
