import { Code } from "@connectrpc/connect";
import type { ReasonTable } from "./reason-info.js";

/** Reasons about registries and the logins for them. */
export const registryReasons = {
  CREDENTIAL_HELPER_FAILED: {
    codes: [Code.FailedPrecondition],
    meaning: "a credential helper failed",
    recovery: "correct Docker's configuration, or install the helper",
  },
  REGISTRY_FAILED: {
    codes: [Code.Unavailable],
    meaning: "the registry answered 5xx",
    recovery: "retry later",
  },
  REGISTRY_INSECURE: {
    codes: [Code.FailedPrecondition],
    meaning:
      "the registry uses plain HTTP or a certificate that is not trusted, and a login would be sent to it over the network",
    recovery: "use HTTPS, and trust the registry's authority",
  },
  REGISTRY_NOT_FOUND: {
    codes: [Code.NotFound],
    meaning: "the registry answered 404",
    recovery: "check the name; some registries need the repository to be created first",
  },
  REGISTRY_RATE_LIMITED: {
    codes: [Code.ResourceExhausted],
    meaning: "the registry answered 429",
    recovery: "retry later, or log in",
  },
  REGISTRY_REFUSED: {
    codes: [Code.FailedPrecondition],
    meaning: "the registry refused with another 4xx status",
  },
  REGISTRY_UNAUTHORIZED: {
    codes: [Code.Unauthenticated],
    meaning: "the registry answered 401 or 403",
    recovery: "log in, or give a login in the request",
  },
  REGISTRY_UNREACHABLE: {
    codes: [Code.Unavailable],
    meaning: "the registry does not answer",
    recovery: "check name, port, certificate and network",
  },
  TOKEN_SERVER_INSECURE: {
    codes: [Code.FailedPrecondition],
    meaning: "the registry's token server uses plain HTTP, and a login would be sent to it over the network",
    recovery: "have the registry name a token server with HTTPS",
  },
  TOKEN_SERVER_REFUSED: {
    codes: [Code.PermissionDenied],
    meaning:
      "the registry names a token server on the host's own machine, or its cloud's metadata service, and is not there itself",
    recovery: "have the registry name another token server",
  },
} satisfies ReasonTable;
