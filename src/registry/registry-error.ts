import { STATUS_CODES } from "node:http";
import { Code, type ConnectError } from "@connectrpc/connect";
import { typedError } from "../errors/typed-error.js";
import { withPeriod } from "../util/with-period.js";

/** Why a request to a registry failed; the same for requests of the host and of BuildKit. */
export type RegistryReason =
  | "REGISTRY_UNAUTHORIZED"
  | "REGISTRY_NOT_FOUND"
  | "REGISTRY_RATE_LIMITED"
  | "REGISTRY_FAILED"
  | "REGISTRY_REFUSED"
  | "REGISTRY_UNREACHABLE"
  | "REGISTRY_INSECURE"
  | "TOKEN_SERVER_INSECURE"
  | "TOKEN_SERVER_REFUSED";

/** What the user can do about it. */
export const registryRemedies: Record<RegistryReason, string> = {
  REGISTRY_UNAUTHORIZED: "Log in with `docker login`, or give a login in spec.registry_auth.logins.",
  REGISTRY_NOT_FOUND:
    "Check the name; some registries require a repository to be created before the first push.",
  REGISTRY_RATE_LIMITED: "Retry later; many registries have higher limits for users who are logged in.",
  REGISTRY_FAILED: "Retry later; the registry's log has details.",
  REGISTRY_REFUSED: "Check the name and the registry's rules for it, such as immutable tags.",
  REGISTRY_UNREACHABLE: "Check the registry's name, port and certificate, and the network.",
  REGISTRY_INSECURE:
    "Use a registry with HTTPS, and trust its authority: `ca` of the registry in buildkitd.toml, or ca.crt in /etc/docker/certs.d/HOST. Without a login, insecure registries work.",
  TOKEN_SERVER_INSECURE:
    "Have the registry name a token server with HTTPS. With BUILDKIT_NO_CLIENT_TOKEN=1 in the host's environment, BuildKit sends the login itself.",
  TOKEN_SERVER_REFUSED:
    "Have the registry name a token server that is not on the host's machine. For a registry on that machine, have an admin list it in the builder's buildkitd.toml.",
};

const codes: Record<RegistryReason, Code> = {
  REGISTRY_UNAUTHORIZED: Code.Unauthenticated,
  REGISTRY_NOT_FOUND: Code.NotFound,
  REGISTRY_RATE_LIMITED: Code.ResourceExhausted,
  REGISTRY_FAILED: Code.Unavailable,
  REGISTRY_REFUSED: Code.FailedPrecondition,
  REGISTRY_UNREACHABLE: Code.Unavailable,
  REGISTRY_INSECURE: Code.FailedPrecondition,
  TOKEN_SERVER_INSECURE: Code.FailedPrecondition,
  TOKEN_SERVER_REFUSED: Code.PermissionDenied,
};

/** The reason for a status of 400 and above. */
export function reasonOfStatus(status: number): RegistryReason {
  if (status === 401 || status === 403) return "REGISTRY_UNAUTHORIZED";
  if (status === 404) return "REGISTRY_NOT_FOUND";
  if (status === 429) return "REGISTRY_RATE_LIMITED";
  return status >= 500 ? "REGISTRY_FAILED" : "REGISTRY_REFUSED";
}

/** @param what the operation, such as "push 127.0.0.1:5000/app:1" */
export function registryError(reason: RegistryReason, what: string, why: string): ConnectError {
  const message = withPeriod(`Failed to ${what}: ${why}`);
  return typedError({ code: codes[reason], reason, message, remedy: registryRemedies[reason] });
}

/** A status in words, with the registry's own message. */
export function describeAnswer({ status, body }: { status: number; body: Buffer }): string {
  return `the registry answered ${status} ${STATUS_CODES[status] ?? ""}`.trimEnd() + messageOf(body);
}

function messageOf(body: Buffer): string {
  try {
    const [first] = JSON.parse(body.toString()).errors;
    const text = [first.code, first.message].filter((part) => typeof part === "string").join(": ");
    return text && ` (${text.slice(0, 500)})`;
  } catch {
    return "";
  }
}
