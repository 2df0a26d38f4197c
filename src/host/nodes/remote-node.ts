import { lookup } from "node:dns/promises";
import { BlockList, isIP } from "node:net";
import { networkInterfaces } from "node:os";
import { Code } from "@connectrpc/connect";
import type { Reason } from "../../errors/reasons.js";
import { type FieldViolation, typedError } from "../../errors/typed-error.js";
import {
  type DriverDescriptor,
  type OptionDescriptor,
  OptionType,
} from "../../gen/slipway/driver/v1/descriptor_pb.js";
import type { NodeSpec } from "../../gen/slipway/v1/builder_pb.js";

/**
 * Refuses settings that a client on another machine may not use: those that lead to files, programs, sockets or
 * credentials of the host's machine or user. The driver's schema declares the allowed ones; all others are refused, so
 * drivers without declarations are safe. PERMISSION_DENIED, reason LOCAL_ONLY, with all fields at fault.
 */
export async function checkRemoteNode(
  descriptor: DriverDescriptor,
  spec: NodeSpec | undefined,
): Promise<void> {
  const options = Object.keys(spec?.options ?? {}).filter((name) => isLocalOnly(descriptor, name));
  const why = await endpointFault(descriptor, spec?.endpoint ?? "");
  const fields: FieldViolation<Reason>[] = [
    ...(why ? [localOnly("node.endpoint", why)] : []),
    ...options.map((name) =>
      localOnly(`node.options[${name}]`, `The option ${name} refers to the host's machine.`),
    ),
  ];
  if (fields.length === 0) return;
  throw typedError({
    code: Code.PermissionDenied,
    reason: "LOCAL_ONLY",
    message: fields.map(({ message }) => message).join(" "),
    fields,
    remedy: "Create the builder on the host's machine, over its unix socket.",
  });
}

function localOnly(field: string, message: string): FieldViolation<Reason> {
  return { field, message, reason: "LOCAL_ONLY" };
}

function isLocalOnly(descriptor: DriverDescriptor, name: string): boolean {
  const option = descriptor.options.find((candidate) => matches(candidate, name));
  // Validate refuses an option that the driver does not have.
  return option !== undefined && (option.localOnly || option.type === OptionType.PATH);
}

function matches({ name: declared }: OptionDescriptor, name: string): boolean {
  return declared.endsWith(".*") ? name.startsWith(declared.slice(0, -1)) : name === declared;
}

/** Why an endpoint is refused; undefined when it is a network address of another machine. */
async function endpointFault(
  { name: driver, endpoint: rules }: DriverDescriptor,
  endpoint: string,
): Promise<string | undefined> {
  const schemes = rules?.remoteSchemes ?? [];
  const own = `The driver ${driver} uses the host's own engines and credentials with this endpoint.`;
  if (endpoint === "" || !URL.canParse(endpoint)) return own;
  const { protocol, hostname, search, username, password } = new URL(endpoint);
  if (!schemes.includes(protocol.slice(0, -1)) || search || username || password) return own;
  if (await isThisMachine(hostname)) return "The endpoint is an address of the host's own machine.";
  return undefined;
}

/** Loopback, "any address", and link-local, where clouds serve credentials to the machine. */
const ownRanges = new BlockList();
for (const [network, prefix] of [
  ["127.0.0.0", 8],
  ["0.0.0.0", 8],
  ["169.254.0.0", 16],
] as const)
  ownRanges.addSubnet(network, prefix);
for (const [network, prefix] of [
  ["::", 127],
  ["fe80::", 10],
] as const)
  ownRanges.addSubnet(network, prefix, "ipv6");

/** Whether a name or an address leads to this machine. A name that cannot be resolved leads nowhere. */
async function isThisMachine(hostname: string): Promise<boolean> {
  const name = hostname.replace(/^\[|\]$/g, "");
  const found = isIP(name)
    ? [{ address: name, family: isIP(name) }]
    : await lookup(name, { all: true }).catch(() => []);
  const own = Object.values(networkInterfaces()).flatMap((all) => all?.map(({ address }) => address) ?? []);
  return found.some(
    ({ address, family }) =>
      own.includes(address) || ownRanges.check(address, family === 6 ? "ipv6" : "ipv4"),
  );
}
