import { Code } from "@connectrpc/connect";
import type { Reason } from "../../errors/reasons.js";
import { type FieldViolation, typedError } from "../../errors/typed-error.js";
import { type OptionDescriptor, OptionType } from "../../gen/slipway/common/v1/option_pb.js";
import type { DriverDescriptor } from "../../gen/slipway/driver/v1/descriptor_pb.js";
import type { NodeSpec } from "../../gen/slipway/v1/builder_pb.js";
import { ownMachineFault } from "../base/own-machine.js";

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
  const why = await remoteEndpointFault(descriptor, spec?.endpoint ?? "");
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
  const option = descriptor.options.find((candidate) => isDeclaredBy(candidate, name));
  // Validate refuses an option that the driver does not have.
  return option !== undefined && (option.localOnly || option.type === OptionType.PATH);
}

/** Whether a declaration, whose name may end in ".*", is of the option with this name. */
export function isDeclaredBy({ name: declared }: OptionDescriptor, name: string): boolean {
  return declared.endsWith(".*") ? name.startsWith(declared.slice(0, -1)) : name === declared;
}

/**
 * Why a client on another machine may not use an endpoint; undefined when the driver declares its scheme as safe for
 * such clients, and it is a network address of another machine.
 */
export async function remoteEndpointFault(
  { name: driver, endpoint: rules }: DriverDescriptor,
  endpoint: string,
): Promise<string | undefined> {
  const schemes = rules?.remoteSchemes ?? [];
  const own = `The driver ${driver} uses the host's own engines and credentials with this endpoint.`;
  if (endpoint === "" || !URL.canParse(endpoint)) return own;
  const { protocol, hostname, search, username, password } = new URL(endpoint);
  if (!schemes.includes(protocol.slice(0, -1)) || search || username || password) return own;
  const fault = await ownMachineFault(hostname);
  return fault && `The endpoint ${endpoint} cannot be used by clients on other machines. ${fault}`;
}
