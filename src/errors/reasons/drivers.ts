import { Code } from "@connectrpc/connect";
import type { ReasonTable } from "./reason-info.js";

/** Reasons of the host about drivers and the BuildKit behind a node. */
export const driverReasons = {
  BUILDKIT_LOST: {
    codes: [Code.Unavailable],
    meaning: "the connection to BuildKit broke during a build or a `DialBuilder` stream",
    recovery: "retry",
  },
  BUILDKIT_UNREACHABLE: {
    codes: [Code.Unavailable],
    meaning: "BuildKit on the node cannot be reached and the driver reports no other reason",
  },
  CAPABILITY_UNSUPPORTED: {
    codes: [Code.FailedPrecondition],
    meaning: "the driver lacks a capability that the call needs; metadata `driver`, `capability`",
    recovery: "use another driver",
  },
  DRIVER_FAULT: {
    codes: [Code.Internal],
    meaning: "the plugin broke the protocol during a build or a lease; metadata `driver`",
    recovery: "report it to the driver's author",
  },
  DRIVER_MISSING: {
    codes: [Code.InvalidArgument],
    meaning: "no driver accepts the endpoint, or no driver can create builders",
    recovery: "list the drivers and name one",
  },
  DRIVER_UNKNOWN: {
    codes: [Code.NotFound],
    meaning: "no usable plugin has this driver",
    recovery: "list drivers and plugins",
  },
  ENDPOINT_EXPIRED: {
    codes: [Code.Unavailable],
    meaning: "the driver did not renew the endpoint of a lease, so no new connection can be opened",
    recovery: "retry",
  },
  FEATURE_UNSUPPORTED: {
    codes: [Code.FailedPrecondition],
    meaning: "the node cannot do what a field asks for; metadata `feature` or `capability`",
    recovery: "leave the field out, or use another builder",
  },
  LEASE_DRAINING: {
    codes: [Code.Unavailable],
    meaning: "the driver is about to end its leases of the node and reports no other reason",
    recovery: "retry later",
  },
  LEASE_LOST: {
    codes: [Code.Unavailable],
    meaning: "the driver ended a lease of BuildKit and reports no reason; metadata `driver`",
    recovery: "retry",
  },
  NODE_NOT_RUNNING: {
    codes: [Code.Unavailable],
    meaning: "the node does not run and the driver reports no other reason; metadata `node`",
    recovery: "boot it",
  },
} satisfies ReasonTable;
