import { STATUS_CODES } from "node:http";
import { Code, type ConnectError } from "@connectrpc/connect";
import { typedError } from "../errors/typed-error.js";

/** Why a registry did not do what was asked; the same whether the host or BuildKit asked. */
export type RegistryReason =
  | "REGISTRY_UNAUTHORIZED"
  | "REGISTRY_NOT_FOUND"
  | "REGISTRY_RATE_LIMITED"
  | "REGISTRY_FAILED"
  | "REGISTRY_REFUSED"
  | "REGISTRY_UNREACHABLE";

/** What can be done about it. */
export const registryRemedies: Record<RegistryReason, string> = {
  REGISTRY_UNAUTHORIZED: "log in with `docker login`, or give a login in the request",
  REGISTRY_NOT_FOUND:
    "check the name; some registries want a repository to be created before it is pushed to",
  REGISTRY_RATE_LIMITED: "try again later; many registries allow more to those who are logged in",
  REGISTRY_FAILED: "try again later; the registry's own log says more",
  REGISTRY_REFUSED: "check the name and what the registry allows for it, such as tags that must not change",
  REGISTRY_UNREACHABLE: "check the registry's name, port and certificate, and the network",
};

const codes: Record<RegistryReason, Code> = {
  REGISTRY_UNAUTHORIZED: Code.Unauthenticated,
  REGISTRY_NOT_FOUND: Code.NotFound,
  REGISTRY_RATE_LIMITED: Code.ResourceExhausted,
  REGISTRY_FAILED: Code.Unavailable,
  REGISTRY_REFUSED: Code.FailedPrecondition,
  REGISTRY_UNREACHABLE: Code.Unavailable,
};

/** The reason that goes with a status of failure. */
export function reasonOfStatus(status: number): RegistryReason {
  if (status === 401 || status === 403) return "REGISTRY_UNAUTHORIZED";
  if (status === 404) return "REGISTRY_NOT_FOUND";
  if (status === 429) return "REGISTRY_RATE_LIMITED";
  return status >= 500 ? "REGISTRY_FAILED" : "REGISTRY_REFUSED";
}

/** @param what what was being done: "push 127.0.0.1:5000/app:1" */
export function registryError(reason: RegistryReason, what: string, why: string): ConnectError {
  const message = `failed to ${what}: ${why}`;
  return typedError({ code: codes[reason], reason, message, remedy: registryRemedies[reason] });
}

/** A status in words, with what the registry says about it. */
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
