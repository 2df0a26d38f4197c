import { lookup } from "node:dns/promises";
import { BlockList, isIP } from "node:net";
import { networkInterfaces } from "node:os";

/** The addresses of a host name or an address, and whether a client on another machine may not have them used. */
export interface ResolvedHost {
  /** Empty when the name does not resolve. */
  readonly addresses: string[];
  /** One of them is of the host's own machine, or of a service that gives a machine its credentials. */
  readonly isOwn: boolean;
}

/** Resolves a host name or an address; IPv6 addresses may have brackets. */
export async function resolveHost(hostname: string): Promise<ResolvedHost> {
  const found = await addressesOf(withoutBrackets(hostname));
  const own = ownAddresses();
  return {
    addresses: found.map(({ address }) => address),
    isOwn: found.some(({ address, family }) => isIn(own, address, family)),
  };
}

/** Why an address that {@link ResolvedHost.isOwn} is refused, as a sentence. */
export const ownMachine = "It is an address of the host's own machine, or of its cloud's metadata service.";

/**
 * Why a client on another machine may not have the host connect to a host name or an address, as a sentence. A name that
 * does not resolve is refused too, since it could later resolve to such an address. Undefined when nothing speaks
 * against it.
 */
export async function ownMachineFault(hostname: string): Promise<string | undefined> {
  const { addresses, isOwn } = await resolveHost(hostname);
  if (isOwn) return ownMachine;
  const name = JSON.stringify(withoutBrackets(hostname));
  return addresses.length === 0 ? `The host cannot resolve the name ${name}.` : undefined;
}

/** The same for an address to which a connection is about to be made, as a clause. */
export function ownAddressFault(address: string, family: number): string | undefined {
  return isIn(ownAddresses(), address, family)
    ? "it has an address of the host's own machine, or of its cloud's metadata service"
    : undefined;
}

function isIn(list: BlockList, address: string, family: number): boolean {
  return list.check(address, family === 6 ? "ipv6" : "ipv4");
}

function withoutBrackets(hostname: string): string {
  return hostname.replace(/^\[|\]$/g, "");
}

async function addressesOf(name: string): Promise<{ address: string; family: number }[]> {
  const family = isIP(name);
  return family ? [{ address: name, family }] : lookup(name, { all: true }).catch(() => []);
}

/** Networks in IPv4 that lead to this machine, or to services for it alone. */
const networks4: [address: string, prefix: number][] = [
  ["0.0.0.0", 8], // this machine
  ["127.0.0.0", 8], // loopback
  ["169.254.0.0", 16], // link-local; metadata of most clouds
  ["100.100.100.200", 32], // metadata of Alibaba Cloud
  ["168.63.129.16", 32], // Azure's agent
  ["192.0.0.192", 32], // metadata of Oracle Cloud
];

/** The same in IPv6. */
const networks6: [address: string, prefix: number][] = [
  ["::", 96], // this machine, loopback, and addresses of IPv4 in their deprecated form
  ["fe80::", 10], // link-local
  ["64:ff9b:1::", 48], // translation to IPv4 within a network
  ["fd00:ec2::254", 128], // metadata of AWS
  ["fd20:ce::254", 128], // metadata of Google Cloud
];

/** All of them, with the addresses of the machine's interfaces. Addresses of IPv4 that are mapped to IPv6 match too. */
function ownAddresses(): BlockList {
  const own = new BlockList();
  const interfaces = Object.values(networkInterfaces()).flatMap((all) => all ?? []);
  const of = (family: string) =>
    interfaces.filter((each) => each.family === family).map(({ address }) => address);
  for (const [address, prefix] of [
    ...networks4,
    ...of("IPv4").map((address): [string, number] => [address, 32]),
  ]) {
    own.addSubnet(address, prefix);
    // NAT64 translates these to IPv4.
    own.addSubnet(`64:ff9b::${address}`, 96 + prefix, "ipv6");
  }
  for (const [address, prefix] of networks6) own.addSubnet(address, prefix, "ipv6");
  for (const address of of("IPv6")) own.addAddress(address, "ipv6");
  return own;
}
