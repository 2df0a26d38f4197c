import { Code } from "slipway/driver";

/** Reasons of the kubernetes driver, beside those of Kubernetes itself; docs/drivers.md is generated from it. */
export const reasons = {
  BUILDKIT_UNREACHABLE: {
    codes: [Code.Unavailable],
    meaning: "BuildKit in the pod does not answer",
    recovery: "see `kubectl logs`",
  },
  CONFIG_CHANGED: {
    codes: [Code.FailedPrecondition],
    meaning: "a claim cannot be resized",
    recovery: "keep the size, or create the builder again",
  },
  DAEMON_FILES_TOO_LARGE: {
    codes: [Code.InvalidArgument],
    meaning: "the configuration files exceed 1 MiB, the limit of a Secret",
  },
  KUBECONFIG_CONTEXT_MISSING: {
    codes: [Code.FailedPrecondition],
    meaning: "the kubeconfig has no such context, no current context, or lacks the context's cluster",
  },
  KUBECONFIG_MISSING: { codes: [Code.InvalidArgument], meaning: "no kubeconfig was found" },
  KUBECONFIG_UNREADABLE: { codes: [Code.FailedPrecondition], meaning: "the kubeconfig cannot be read" },
  KUBERNETES_CONFLICT: {
    codes: [Code.Aborted],
    meaning: "another program changed the object at the same time",
    recovery: "retry",
  },
  KUBERNETES_CREDENTIALS: {
    codes: [Code.Unauthenticated],
    meaning: "the login command or a file in the kubeconfig failed",
  },
  KUBERNETES_FORBIDDEN: {
    codes: [Code.PermissionDenied],
    meaning: "a right is missing; message and metadata have verb, resource and namespace",
    recovery: "grant it, see [kubernetes-rbac.yaml](kubernetes-rbac.yaml)",
  },
  KUBERNETES_INVALID: {
    codes: [Code.InvalidArgument],
    meaning: "the API server refuses a field",
    recovery: "correct the option it is made from",
  },
  KUBERNETES_NOT_FOUND: { codes: [Code.FailedPrecondition], meaning: "the namespace does not exist" },
  KUBERNETES_TLS_FAILED: {
    codes: [Code.FailedPrecondition],
    meaning: "the API server's certificate is not trusted, or the client's is refused",
  },
  KUBERNETES_UNAUTHENTICATED: {
    codes: [Code.Unauthenticated],
    meaning: "the token or certificate is wrong or has expired",
    recovery: "log in to the cluster again",
  },
  KUBERNETES_UNAVAILABLE: {
    codes: [Code.Unavailable],
    meaning: "the API server failed",
    recovery: "retry later",
  },
  KUBERNETES_UNREACHABLE: { codes: [Code.Unavailable], meaning: "the API server does not answer" },
  NAME_TAKEN: {
    codes: [Code.AlreadyExists],
    meaning: "an object with the node's name exists that Slipway did not create",
    recovery: "use another node name or namespace",
  },
  NODE_LOST: {
    codes: [Code.Aborted],
    meaning: "a worker was lost with its node",
    recovery: "run the build again",
  },
  NODE_NAME_INVALID: {
    codes: [Code.InvalidArgument],
    meaning: "the node's name is not a name in Kubernetes",
  },
  NODE_NAME_TOO_LONG: { codes: [Code.InvalidArgument], meaning: "the node's name is too long for a label" },
  NODE_SHUTDOWN: {
    codes: [Code.Aborted],
    meaning: "a worker was lost because its node was shut down",
    recovery: "run the build again",
  },
  NOT_CREATED: { codes: [], meaning: "state: nothing exists yet; the next build creates it" },
  OOM_KILLED: {
    codes: [Code.ResourceExhausted],
    meaning: "a worker needed more memory than it may use",
    recovery: "raise the driver option `limits.memory`",
  },
  OPTION_CONFLICT: { codes: [Code.InvalidArgument], meaning: "two options exclude each other" },
  OPTION_RESERVED: {
    codes: [Code.InvalidArgument],
    meaning: "a label or annotation that the driver sets itself",
  },
  POD_DELETED: {
    codes: [Code.Aborted, Code.Unavailable],
    meaning: "state of a pod: it was deleted; ABORTED for a worker of a pool whose build begins again",
  },
  POD_RESTARTED: { codes: [], meaning: "state of a pod: it has restarted, and Kubernetes gives no reason" },
  PODS_MISSING: { codes: [], meaning: "state: the pods have not been created yet" },
  PODS_NOT_ENDED: {
    codes: [Code.DeadlineExceeded],
    meaning: "deleted pods still exist, for example on a lost node",
    recovery: "retry, or delete the pods by force",
  },
  PODS_NOT_READY: {
    codes: [Code.DeadlineExceeded, Code.Unavailable],
    meaning: "not all replicas became ready in time, or no pod is ready",
    recovery: "make room, correct the options, or raise `timeout`",
  },
  PODS_REFUSED: {
    codes: [Code.FailedPrecondition, Code.ResourceExhausted],
    meaning:
      "the cluster does not allow the pods: a quota, the Pod Security of the namespace, or another rule",
    recovery: "raise the quota, or correct the options",
  },
  SCALED_TO_ZERO: { codes: [], meaning: "state: stopped; the next build scales up" },
  SCALING_TO_ZERO: { codes: [], meaning: "state: stopping" },
  WORKLOAD_DELETED: {
    codes: [Code.Aborted],
    meaning: "another program deleted the workload while it started",
    recovery: "retry",
  },
};
