import { Code } from "@connectrpc/connect";
import type { ReasonTable } from "./reason-info.js";

/** Reasons of calls and diagnostics about builders and their nodes. */
export const builderReasons = {
  BUILDER_BUSY: {
    codes: [Code.Aborted],
    meaning: "another change of the builder is still running",
    recovery: "retry when it has ended",
  },
  BUILDER_EMPTY: {
    codes: [Code.FailedPrecondition],
    meaning: "the builder has no nodes",
    recovery: "append a node",
  },
  BUILDER_EXISTS: {
    codes: [Code.AlreadyExists],
    meaning: "a builder with this name exists",
    recovery: "choose another name",
  },
  BUILDER_HIDDEN: {
    codes: [],
    meaning: "warning: another builder with the same name wins",
    recovery: "remove one of the two",
  },
  BUILDER_NAME_INVALID: {
    codes: [Code.InvalidArgument],
    meaning: "the builder's name has forbidden characters, or more than 128",
  },
  BUILDER_READ_ONLY: {
    codes: [Code.FailedPrecondition],
    meaning: "the builder is offered by a driver or stored by buildx",
    recovery: "change it where it is defined",
  },
  BUILDER_UNTRUSTED: {
    codes: [Code.FailedPrecondition],
    meaning: "the builder is for builds of untrusted principals only",
    recovery: "use another builder",
  },
  ENDPOINT_TRUST: {
    codes: [Code.InvalidArgument],
    meaning: "a builder for builds of the other class of trust has a node with this endpoint",
    recovery: "use a different BuildKit for each",
  },
  STATE_TRUST: {
    codes: [Code.InvalidArgument],
    meaning:
      "a former builder for builds of the other class of trust had a node with this name, whose build cache was kept or could not be removed",
    recovery:
      "use another name for the node; or create the former builder again, and remove it with its build cache",
  },
  STATE_UNTRUSTED: {
    codes: [Code.InvalidArgument],
    meaning: "the build cache of a builder for untrusted builds cannot be kept",
    recovery: "remove it without `keep_state` and `keep_daemon`",
  },
  UNTRUSTED_BUILDER_MISSING: {
    codes: [Code.FailedPrecondition],
    meaning: "the caller is untrusted, and no builder for untrusted builds is open to it",
    recovery: "the host's operator creates one: `slipway create --untrusted`",
  },
  BUILDER_UNKNOWN: {
    codes: [Code.NotFound],
    meaning: "no builder has this name, or no builder is the default",
    recovery: "the remedy lists the builders",
  },
  CONFIG_CHANGED: {
    codes: [],
    meaning: "warning: a node still runs with its former settings",
    recovery: "the next build or boot applies the new settings",
  },
  CONFIG_NEWER: {
    codes: [Code.FailedPrecondition],
    meaning:
      "a newer version of the driver's plugin has stored a node; metadata `driver`, `plugin`, `node`, `stored_version`, `plugin_version`",
    recovery: "install that version again",
  },
  CONFIG_UPGRADE_FAILED: {
    codes: [Code.FailedPrecondition],
    meaning:
      "the present version of the driver's plugin cannot use a stored node, which is unchanged; metadata as of `CONFIG_NEWER`",
    recovery: "change the node, or install the former version of the plugin",
  },
  DRIVER_CHANGED: {
    codes: [Code.InvalidArgument],
    meaning: "an appended node names another driver than the builder's",
    recovery: "create another builder",
  },
  ENDPOINT_DUPLICATE: {
    codes: [Code.InvalidArgument],
    meaning: "another node of the builder has the same endpoint",
    recovery: "change that node, or use another endpoint",
  },
  INSTANCE_UNUSABLE: {
    codes: [Code.FailedPrecondition],
    meaning: "a buildx instance cannot be read, or its driver refuses it",
  },
  NODE_EXISTS: {
    codes: [Code.AlreadyExists],
    meaning: "a node of another builder has this name",
    recovery: "choose another name",
  },
  NODE_LAST: {
    codes: [Code.FailedPrecondition],
    meaning: "the last node of a builder cannot be removed",
    recovery: "remove the builder",
  },
  NODE_LEFT_BEHIND: {
    codes: [],
    meaning: "warning: what a node created at its former endpoint could not be removed",
    recovery: "remove it there",
  },
  NODE_NAME_INVALID: {
    codes: [Code.InvalidArgument],
    meaning: "the node's name has forbidden characters, or more than 128",
  },
  NODE_TIMEOUT: {
    codes: [Code.DeadlineExceeded],
    meaning: "a node did not answer, or was not removed, before the timeout",
    recovery: "use a longer timeout",
  },
  NODE_UNKNOWN: {
    codes: [Code.NotFound],
    meaning: "the builder has no node with this name",
    recovery: "the remedy lists the nodes",
  },
  SECRET_NOT_GIVEN: {
    codes: [Code.InvalidArgument],
    meaning:
      "a client on another machine changes the endpoint of a node and keeps secrets of it, which would be sent there",
    recovery: "give the secrets again",
  },
  STATE_KEY_MISSING: {
    codes: [Code.FailedPrecondition],
    meaning:
      "secrets of the builder are encrypted with a key that the host does not have; metadata `builder`, `key`",
    recovery: "give the host that key, or remove the builder with `force` and create it again",
  },
  STATE_SECRET_CORRUPT: {
    codes: [Code.DataLoss],
    meaning: "an encrypted secret of the builder was changed outside of the host; metadata `builder`, `key`",
    recovery: "restore the state folder, or remove the builder with `force` and create it again",
  },
  TARGET_MISSING: {
    codes: [Code.InvalidArgument],
    meaning: "the first request of `DialBuilder` has no target",
  },
  UPDATE_MASK_INVALID: {
    codes: [Code.InvalidArgument],
    meaning: "a path of `update_mask` names nothing of a node that can be changed, or the mask is empty",
  },
  VALIDATE_ONLY: {
    codes: [Code.InvalidArgument],
    meaning: "`BootstrapBuilder` with `validate_only`",
    recovery: "call `CreateBuilder`",
  },
  PRINCIPAL_INVALID: {
    codes: [Code.InvalidArgument],
    meaning: "a principal or group that a builder is limited to is malformed, or there are too many",
    recovery:
      "write `token:NAME`, `certificate:SUBJECT`, `oidc:RULE:NAME`, `group:NAME`, `project:NAME` or `local`",
  },
} satisfies ReasonTable;
