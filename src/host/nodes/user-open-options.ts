import { LeasePurpose } from "../../gen/slipway/driver/v1/driver_pb.js";
import type { User } from "../access/user.js";
import { userCredentials } from "./image-credentials.js";
import type { OpenOptions } from "./running-node.js";

/** Options to open a node for a boot or a query by a user. */
export function userOpenOptions(user: User): Pick<OpenOptions, "lease" | "credentials"> {
  const lease = { purpose: LeasePurpose.INSPECT, principal: user.principal.id };
  return { lease, credentials: userCredentials(user) };
}
