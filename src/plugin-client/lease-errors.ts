import { timestampDate } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError } from "@connectrpc/connect";
import { driverDomain, encodeError, readTypedError, typedError } from "../errors/typed-error.js";
import type { Draining } from "../gen/slipway/driver/v1/driver_pb.js";
import { withPeriod } from "../util/with-period.js";

/** INTERNAL: the driver ended a lease in a way that the protocol does not allow. */
export function endedEarly(driver: string, what: string): ConnectError {
  return typedError({
    code: Code.Internal,
    reason: "DRIVER_FAULT",
    message: `The driver ${driver} ${what}.`,
    metadata: { driver },
  });
}

/** The typed error of a lost lease: the driver's own, or LEASE_LOST with what is known. */
export function lossOf(cause: unknown, driver: string): ConnectError {
  const error = ConnectError.from(cause);
  if (readTypedError(error).domain) return error;
  return typedError({
    code: Code.Unavailable,
    reason: "LEASE_LOST",
    message: withPeriod(`The driver ${driver} ended the lease of BuildKit: ${error.rawMessage}`),
    remedy: "Retry.",
    metadata: { driver },
  });
}

/** UNAVAILABLE with the driver's reason why no new work may start, and when the lease ends if that is known. */
export function drainingError({ reason, message, endTime }: Draining): ConnectError {
  const end = endTime && timestampDate(endTime).toISOString();
  return encodeError({
    code: Code.Unavailable,
    reason: reason || "LEASE_DRAINING",
    domain: driverDomain,
    message: `${withPeriod(message || "The node is being drained.")}${end ? ` The lease ends at ${end}.` : ""}`,
    metadata: end ? { end_time: end } : {},
  });
}
