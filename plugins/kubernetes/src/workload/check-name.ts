import type { Finding } from "slipway/driver";
import { dnsLabel, maxLabelLength } from "./label-syntax.js";

/** A StatefulSet's pods have a label with its name and a hash. A pool's pods have a name with a number. */
const maxStatefulSetName = maxLabelLength - 11;

/** Checks the name of a node's objects. */
export function checkName(name: string, options: Record<string, string>): Finding[] {
  const hasSuffix = options["persistent-volume-claim.requests.storage"] || options["pool.max"];
  const limit = hasSuffix ? maxStatefulSetName : maxLabelLength;
  if (name.length > limit)
    return [
      {
        reason: "NODE_NAME_TOO_LONG",
        field: "node",
        message: `The name "${name}" has ${name.length} characters; Kubernetes allows ${limit}.`,
        remedy: "Use a shorter node name.",
      },
    ];
  if (dnsLabel.test(name)) return [];
  return [
    {
      reason: "NODE_NAME_INVALID",
      field: "node",
      message: `"${name}" is not a valid Kubernetes name: it can have lower-case letters, digits and inner dashes.`,
      remedy: "Use another node name.",
    },
  ];
}
