import { ConnectError } from "@connectrpc/connect";
import type { V1Status } from "@kubernetes/client-node";
import {
  Code,
  type ConnectionFault,
  connectionFaultOf,
  connectionFaults,
  driverError,
  withPeriod,
} from "slipway/driver";

/** An operation of the API server, in terms of RBAC. */
export interface Operation {
  /** "get", "list", "watch", "create", "patch" or "delete". */
  verb: string;
  /** "pods", "pods/exec" … */
  resource: string;
  namespace: string;
  /** Name of the object; absent for lists. */
  name?: string;
}

/** The typed error for an error response of the API server. */
export function refusal(
  server: string,
  httpStatus: number,
  status: Partial<V1Status>,
  operation: Operation,
): ConnectError {
  const { verb, resource, namespace, name } = operation;
  const answer = status.message || `HTTP status ${httpStatus}`;
  const request = `${verb} ${resource}${name ? ` "${name}"` : ""} in namespace "${namespace}"`;
  const metadata = { verb, resource, namespace };
  // For an unknown field the API server answers an apply with 500.
  const isInvalid = httpStatus === 500 && answer.includes("failed to create typed patch object");
  switch (isInvalid ? 422 : httpStatus) {
    case 401:
      return driverError({
        code: Code.Unauthenticated,
        reason: "KUBERNETES_UNAUTHENTICATED",
        message: withPeriod(`The API server ${server} does not accept the credentials: ${answer}`),
        remedy:
          "The token or certificate in the kubeconfig is wrong or has expired. Log in to the cluster again.",
      });
    case 403:
      return driverError({
        code: Code.PermissionDenied,
        reason: "KUBERNETES_FORBIDDEN",
        message: withPeriod(`The API server refuses to ${request}: ${answer}`),
        remedy: `Grant the verb "${verb}" on "${resource}" in the namespace "${namespace}"; docs/kubernetes-rbac.yaml has all required rules.`,
        metadata,
      });
    case 404:
      return driverError({
        code: Code.FailedPrecondition,
        reason: "KUBERNETES_NOT_FOUND",
        message: withPeriod(`The API server cannot ${request}: ${answer}`),
        remedy: "Create the namespace, or set another one in the driver option namespace.",
        metadata,
      });
    case 400:
    case 422:
      return driverError({
        code: Code.InvalidArgument,
        reason: "KUBERNETES_INVALID",
        message: withPeriod(`The API server refuses to ${request}: ${answer}`),
        fields: status.details?.causes?.map(({ field = "", message = "" }) => ({ field, message })),
        remedy: "Correct the driver options that set these fields.",
        metadata,
      });
    case 409:
      return driverError({
        code: Code.Aborted,
        reason: "KUBERNETES_CONFLICT",
        message: withPeriod(`The API server cannot ${request}: ${answer}`),
        remedy: "Try again.",
        metadata,
      });
    default:
      return driverError({
        code: Code.Unavailable,
        reason: "KUBERNETES_UNAVAILABLE",
        message: withPeriod(`The API server ${server} failed to ${request}: ${answer}`),
        remedy: "Try again later; if the error persists, check the API server.",
        metadata,
      });
  }
}

/** The typed error for a failed connection to the API server. Returns typed errors unchanged. */
export function unreachable(server: string, error: unknown): ConnectError {
  if (error instanceof ConnectError) return error;
  const { message, code = "" } = error as NodeJS.ErrnoException;
  const kind = connectionFaultOf(error);
  if (/CERT|SIGNATURE|SSL|TLS/.test(String(code)))
    return driverError({
      code: Code.FailedPrecondition,
      reason: "KUBERNETES_TLS_FAILED",
      message: withPeriod(`There is no secure connection to the API server ${server}: ${message}`),
      remedy: "Correct the certificate authority or the client certificate in the kubeconfig.",
    });
  return driverError({
    code: Code.Unavailable,
    reason: "KUBERNETES_UNREACHABLE",
    message: withPeriod(
      `The API server ${server} ${kind ? connectionFaults[kind] : `cannot be reached: ${message || code}`}`,
    ),
    remedy:
      (kind && remedies[kind]) ?? "Check the server's address in the kubeconfig, and that the cluster runs.",
  });
}

const remedies: Partial<Record<ConnectionFault, string>> = {
  refused: "Start the cluster, or correct the kubeconfig.",
  hostUnknown: "Correct the server in the kubeconfig, or check the network and its DNS.",
  noRoute: "Check the network and firewalls.",
  silent: "Check the network, and that the cluster runs.",
};

/** The typed error when the credentials cannot be obtained. */
export function noCredentials(cause: Error): ConnectError {
  if (cause instanceof ConnectError) return cause;
  return driverError({
    code: Code.Unauthenticated,
    reason: "KUBERNETES_CREDENTIALS",
    message: withPeriod(
      `The credentials of the kubeconfig cannot be obtained: ${cause.message.trim().split("\n")[0]?.slice(0, 300)}`,
    ),
    remedy:
      "Make sure that the command or file under users[] in the kubeconfig works for the user of the Slipway host.",
  });
}
