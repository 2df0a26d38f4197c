import { isIP, type LookupFunction } from "node:net";
import type { NodeConfig } from "../gen/slipway/driver/v1/node_pb.js";

/**
 * The function `lookup` for Node's connections to the endpoint of a node. When a client on another machine gave the
 * endpoint, it answers with the addresses that the host allows, and with ENOTFOUND when there is none; otherwise it is
 * undefined, and Node resolves the name. A driver that declares `remoteSchemes` uses it for each of its connections.
 */
export function allowedLookup({ allowedAddresses }: NodeConfig): LookupFunction | undefined {
  if (!allowedAddresses) return undefined;
  const { addresses } = allowedAddresses;
  return (hostname, { all, family }, done) => {
    const found = addresses
      .map((address) => ({ address, family: isIP(address) }))
      .filter((each) => !family || family === each.family || family === `IPv${each.family}`);
    const [first] = found;
    if (!first)
      done(Object.assign(new Error(`the host knows no address of ${hostname}`), { code: "ENOTFOUND" }), "");
    else if (all) done(null, found);
    else done(null, first.address, first.family);
  };
}
