import { networkInterfaces } from "node:os";
import { must } from "./run.js";
import { rememberBridge } from "./state.js";

/**
 * Create a network bridge with an unused subnet, so that several engines can run side by side. It is removed with the
 * state in `folder`.
 */
export async function makeBridge(folder: string): Promise<string> {
  const taken = new Set(
    Object.values(networkInterfaces()).flatMap(
      (addresses) => addresses?.map(({ address }) => subnet(address)) ?? [],
    ),
  );
  for (let third = 0; third < 256; third++) {
    if (taken.has(`10.213.${third}`)) continue;
    const name = `slipway${third}`;
    // Adding the bridge claims its subnet: of two labs that start at the same time, only one gets the name.
    const added = await must("ip", ["link", "add", name, "type", "bridge"]).catch(() => undefined);
    if (!added) continue;
    await rememberBridge(folder, name);
    await must("ip", ["address", "add", `10.213.${third}.1/24`, "dev", name]);
    await must("ip", ["link", "set", name, "up"]);
    return name;
  }
  throw new Error("all of 10.213.0.0/16 is in use by network interfaces of this machine");
}

/** The address of this machine on a bridge. Node.js lists none for a bridge without containers. */
export const bridgeAddress = (bridge: string) => `10.213.${bridge.replace("slipway", "")}.1`;

/**
 * Have this machine take connections to an address that is of none of its interfaces, as if it were another machine's.
 * It goes with the bridge.
 */
export async function addForeignAddress(bridge: string): Promise<string> {
  const address = `10.213.${bridge.replace("slipway", "")}.2`;
  await must("ip", ["route", "add", "local", `${address}/32`, "dev", bridge]);
  return address;
}

const subnet = (address: string) => address.split(".").slice(0, 3).join(".");
