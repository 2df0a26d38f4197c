import { ConnectError } from "@connectrpc/connect";
import type { V1Status } from "@kubernetes/client-node";
import { Code, type ConnectionFault, connectionFaultOf, connectionFaults, driverError } from "slipway/driver";

/** What is asked of an API server, in the words of its access rules. */
export interface Operation {
  /** "get", "list", "watch", "create", "patch" or "delete". */
  verb: string;
  /** "pods", "pods/exec" … */
  resource: string;
  namespace: string;
  /** Object; absent for lists. */
  name?: string;
}

/** The typed error for an answer of the API server that is none of success. */
export function refusal(
  server: string,
  httpStatus: number,
  status: Partial<V1Status>,
  operation: Operation,
): ConnectError {
  const { verb, resource, namespace, name } = operation;
  const said = status.message || `HTTP status ${httpStatus}`;
  const what = `${verb} ${resource}${name ? ` "${name}"` : ""} in namespace "${namespace}"`;
  const metadata = { verb, resource, namespace };
  // A field that is none has the server fail, as it says of itself, when an object is applied.
  const isInvalid = httpStatus === 500 && said.includes("failed to create typed patch object");
  switch (isInvalid ? 422 : httpStatus) {
    case 401:
      return driverError({
        code: Code.Unauthenticated,
        reason: "KUBERNETES_UNAUTHENTICATED",
        message: `the API server ${server} does not accept the credentials: ${said}`,
        remedy:
          "The token or certificate in the kubeconfig is wrong or has expired: log in to the cluster again.",
      });
    case 403:
      return driverError({
        code: Code.PermissionDenied,
        reason: "KUBERNETES_FORBIDDEN",
        message: `the API server refuses to ${what}: ${said}`,
        remedy: `Grant the verb "${verb}" on "${resource}" in the namespace "${namespace}"; docs/kubernetes-rbac.yaml has all that is needed.`,
        metadata,
      });
    case 404:
      return driverError({
        code: Code.FailedPrecondition,
        reason: "KUBERNETES_NOT_FOUND",
        message: `cannot ${what}: ${said}`,
        remedy: "Create the namespace, or give another one with --driver-opt namespace=NAME.",
        metadata,
      });
    case 400:
    case 422:
      return driverError({
        code: Code.InvalidArgument,
        reason: "KUBERNETES_INVALID",
        message: `the API server refuses to ${what}: ${said}`,
        fields: status.details?.causes?.map(({ field = "", message = "" }) => ({ field, message })),
        remedy: "Correct the driver options from which these fields are made.",
        metadata,
      });
    case 409:
      return driverError({
        code: Code.Aborted,
        reason: "KUBERNETES_CONFLICT",
        message: `cannot ${what}: ${said}`,
        remedy: "Try again.",
        metadata,
      });
    default:
      return driverError({
        code: Code.Unavailable,
        reason: "KUBERNETES_UNAVAILABLE",
        message: `the API server ${server} could not ${what}: ${said}`,
        remedy: "Try again later; look into the API server if it does not pass.",
        metadata,
      });
  }
}

/** The typed error for a server that cannot be talked to. Errors that are typed already stay as they are. */
export function unreachable(server: string, error: unknown): ConnectError {
  if (error instanceof ConnectError) return error;
  const { message, code = "" } = error as NodeJS.ErrnoException;
  const kind = connectionFaultOf(error);
  if (/CERT|SIGNATURE|SSL|TLS/.test(String(code)))
    return driverError({
      code: Code.FailedPrecondition,
      reason: "KUBERNETES_TLS_FAILED",
      message: `no secure connection to the API server ${server}: ${message}`,
      remedy: "Correct certificate-authority, or the client certificate, in the kubeconfig.",
    });
  return driverError({
    code: Code.Unavailable,
    reason: "KUBERNETES_UNREACHABLE",
    message: `the API server ${server} ${kind ? connectionFaults[kind] : `cannot be reached: ${message || code}`}`,
    remedy:
      (kind && remedies[kind]) ??
      "Check the server's address in the kubeconfig, and whether the cluster is up.",
  });
}

const remedies: Partial<Record<ConnectionFault, string>> = {
  refused: "Start the cluster, or correct the kubeconfig.",
  hostUnknown: "Correct the server in the kubeconfig, or check the network and its DNS.",
  noRoute: "Check the network and firewalls.",
  silent: "Check the network, and whether the cluster is up.",
};

/** The typed error for credentials that could not be got. */
export function noCredentials(cause: Error): ConnectError {
  if (cause instanceof ConnectError) return cause;
  return driverError({
    code: Code.Unauthenticated,
    reason: "KUBERNETES_CREDENTIALS",
    message: `cannot get the credentials that the kubeconfig describes: ${cause.message.trim().split("\n")[0]?.slice(0, 300)}`,
    remedy: "Make the command or file under users[] in the kubeconfig work for the user of the Slipway host.",
  });
}
